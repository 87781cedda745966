"""The specs keep to their grammar, and what isolationtester answers is read as it means it."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation.permutations import SPECS
from isolation.spec import Spec, read_specs
from isolation.tester import read_events

ALL = [spec for folder in sorted(SPECS.iterdir()) for spec in read_specs(folder)]

HEAD = """
session one
step a { select 1; }
step b { select 2; }
session two
step c { select 3; }
"""

OUTPUT = """Parsed test spec with 2 sessions

starting permutation: one_begins two_refreshes one_commits two_fails
step one_begins: begin;
step two_refreshes: call ahu.refresh_dashboard_views(); <waiting ...>
step one_commits: commit;
step two_refreshes: <... completed>
outcome  |days
---------+----
refreshed|   1
(1 row)

step two_fails: select 1/0;
ERROR:  division by zero
"""


def names(steps: str) -> set[str]:
    """The steps without isolationtester's own marks."""
    return set(steps.replace("(*)", "").split())


def spec_of(folder: Path, permutations: str) -> Spec:
    """A spec with two sessions and these permutations."""
    path = folder / "made.spec"
    path.write_text(HEAD + permutations)
    return Spec(path)


def test_each_spec_uses_every_step_and_looks_for_what_is_left() -> None:
    for spec in ALL:
        assert "\nteardown { call isolation.nothing_is_left(); }\n" in spec.text, spec.path
        used = {name for each in spec.permutations for name in names(each.steps)}
        assert used == {name for steps, _ in spec.sessions for name in steps}, spec.path


def test_each_spec_expects_something_of_steps_that_are_there_and_no_order_is_there_twice() -> None:
    for spec in ALL:
        for each in spec.permutations:
            expected = each.expected
            told = {*expected.waits, *expected.may_wait, *expected.fails, *expected.says}
            assert told <= names(each.steps), each
        orders = [each.steps for each in spec.permutations]
        assert len(orders) == len(set(orders)), spec.path


def test_a_permutation_may_go_on_in_further_lines(tmp_path: Path) -> None:
    text = "permutation a c\n    b  # c waits; then pending\n    # b fails: no; c says: (0 rows)\n"
    (permutation,) = spec_of(tmp_path, text).permutations
    assert permutation.steps == "a c b"
    expected = permutation.expected
    assert (expected.waits, expected.end) == ({"c"}, "pending")
    assert (expected.fails, expected.says) == ({"b": "no"}, {"c": "(0 rows)"})


@pytest.mark.parametrize("clause", ["c wait", "c fails", "then gone", "fresh", "c says (0 rows)"])
def test_what_means_nothing_is_refused(tmp_path: Path, clause: str) -> None:
    with pytest.raises(ValueError, match="nothing is expected by"):
        _ = spec_of(tmp_path, f"permutation a c b  # {clause}\n").permutations


def test_without_permutations_all_there_are_keep_the_order_of_each_session(tmp_path: Path) -> None:
    permutations = spec_of(tmp_path, "").permutations
    assert {permutation.steps for permutation in permutations} == {"a b c", "a c b", "c a b"}


def test_a_permutation_is_run_with_the_sessions_that_it_needs(tmp_path: Path) -> None:
    (permutation,) = spec_of(tmp_path, "permutation a b\n").permutations
    assert "session one" in permutation.script and "session two" not in permutation.script


def test_waits_errors_and_answers_belong_to_their_steps() -> None:
    events = read_events(OUTPUT)
    assert events.waited == {"two_refreshes"}
    assert events.errors == {"two_fails": "division by zero"}
    assert "refreshed|   1" in events.said["two_refreshes"]
    assert "refreshed" not in events.said["one_commits"]
