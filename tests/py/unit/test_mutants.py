"""The faults that `make mutants` puts into our SQL."""

from __future__ import annotations

import pytest

from mutants.operators import edits
from mutants.related import RELATED
from mutants.targets import mutants_of, original, routine_name, target_paths
from mutants.tokens import code_tokens
from servers.places import CHECKOUT

ROUTINE = """create or replace procedure _ahu.x(a integer)
set search_path = pg_catalog
language plpgsql
as $x$
begin
    -- a and b
    %s
end
$x$;

comment on procedure _ahu.x(integer) is 'a and b';
"""


def faults(body: str) -> set[tuple[str, str]]:
    """What becomes of a body: the operator, and the body with its fault."""
    text = ROUTINE % body
    before, after = (len(part) for part in ROUTINE.split("%s"))
    changed = (
        (kind, text[:start] + new + text[end:]) for kind, (start, end, new) in edits_of(text)
    )
    return {(kind, " ".join(new[before:-after].split())) for kind, new in changed}


def edits_of(text: str) -> list[tuple[str, tuple[int, int, str]]]:
    return list(edits(code_tokens(text)))


@pytest.mark.parametrize(
    ("body", "kind", "fault"),
    [
        ("return a < b;", "comparison", "return a <= b;"),
        ("return a = b;", "comparison", "return a <> b;"),
        ("return a and b;", "and, or", "return a or b;"),
        ("return a and b;", "operand removed", "return a"),
        ("return a and b;", "operand removed", "return b;"),
        ("return a and (b or c) and d;", "operand removed", "return a and d;"),
        ("return not a;", "negation", "return a;"),
        ("return a is null;", "negation", "return a is not null;"),
        ("return a + 2;", "arithmetic", "return a - 2;"),
        ("return a + 2;", "constant", "return a + 3;"),
        ("return interval '24 hours';", "constant", "return interval '23 hours';"),
        ("return least(a, b);", "extreme", "return greatest(a, b);"),
        ("select s.a from s where s.b = 1;", "where removed", "select s.a from s ;"),
        ("select s.a from s full join t on s.a = t.a;", "join", "right join t"),
        ("select a union all select b;", "set", "select a union select b;"),
        ("select t.turn from t for update nowait;", "lock", "select t.turn from t nowait;"),
        ("update t set a = 1, b = 2;", "assignment removed", "update t set b = 2;"),
        ("update t set a = 1, b = 2;", "assignment removed", "update t set a = 1;"),
        ("perform a();", "statement removed", "null;"),
        ("raise exception 'a and b';", "statement removed", "null;"),
    ],
)
def test_a_fault(body: str, kind: str, fault: str) -> None:
    assert any(one == kind and fault in text for one, text in faults(body))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return a between b and c;", "and, or"),
        ("raise exception 'x' using detail = coalesce(a, 1);", "coalesce"),
        ("update t set a = b;", "comparison"),
        ("select a group by 1, 2;", "constant"),
    ],
)
def test_no_fault(body: str, kind: str) -> None:
    assert kind not in {one for one, _ in faults(body)}


def test_neither_a_header_nor_a_comment_is_code() -> None:
    text = ROUTINE % "return a;"
    assert not [edit for edit in edits_of(text) if edit[1][0] < text.index("begin")]
    assert not [edit for edit in edits_of(text) if edit[1][1] > text.index("comment on")]


def test_every_file_has_mutants_that_can_be_parsed() -> None:
    for path in target_paths("60_refresh/fold_month") + target_paths("50_source/note_moved"):
        found = list(mutants_of(path))
        assert len(found) > 20
        assert len({mutant.apply(original(path)) for mutant in found}) == len(found)


def test_whatever_is_named_for_a_second_look_is_a_target() -> None:
    assert set(RELATED) <= {routine_name(path) for path in target_paths()}


def test_the_files_of_a_second_look_are_there() -> None:
    files = {name for suites in RELATED.values() for suite in suites for name in suite.files}
    assert not [name for name in files if not (CHECKOUT / "tests" / name).exists()]
