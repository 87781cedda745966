"""The permutations as test cases, and what each must do."""

from __future__ import annotations

from pathlib import Path

from counts import count
from isolation import tester
from isolation.ending import assert_nothing_is_lost
from isolation.errands import while_carrying_out
from isolation.site import Kind, Site
from isolation.spec import Permutation, read_specs

SPECS = Path(__file__).with_name("specs")


def permutations(folder: str) -> list[Permutation]:
    """Those of all specs in a folder, by its name."""
    return [each for spec in read_specs(SPECS / folder) for each in spec.permutations]


def assert_as_expected(site: Site, kind: Kind, permutation: Permutation) -> None:
    """Who waits and who fails is as the spec says, and nothing is lost, nor left behind."""
    site.begin(kind)

    def run() -> tester.Events:
        return tester.run(permutation.script, site.database.dsn)

    has_errands = "isolation.ahu_sql" in permutation.script
    events = while_carrying_out(site.database, run) if has_errands else run()
    expected = permutation.expected
    try:
        assert not events.complaint
        unexpected = {
            step: error
            for step, error in events.errors.items()
            if step not in expected.fails or expected.fails[step] not in error
        }
        assert not unexpected
        assert events.errors.keys() == expected.fails.keys()
        assert events.waited - expected.may_wait == expected.waits
        for step, text in expected.says.items():
            assert text in events.said[step], step
        assert_nothing_is_lost(site, expected.end, expected.finally_)
    except AssertionError as error:
        error.add_note(f"{permutation.spec.path.name}: {permutation.steps}\n{events.output}")
        raise
    count("isolation permutations")
    if permutation.number == 1:
        count("isolation scenarios")
