"""`sql/API.md` says what an installed database says of itself, and its examples work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import unified_diff
from typing import Any

import pytest

from api.catalog import Catalog, Relation, Routine, plain, read_catalog
from api.chapters import CHAPTERS, Chapter, Example, examples
from api.comments import read_comment
from api.documented import documented_database, install_defaults
from api.lapses import lapses
from api.markdown import anchor, prose
from api.page import MANUAL, manual
from databases import Database
from plant import raw_table

LOGINS = {"a member of pg_monitor": "watcher", "a DBA": "dba"}
"""As whom the tests log in for readers that are not roles of ours."""


@pytest.fixture(scope="module")
def site() -> Iterator[Database]:
    """Two AHUs, and somebody of each kind that examples are for."""
    with documented_database(ahus=2) as database:
        database.execute(
            "create role watcher login in role pg_monitor; create role dba login in role ahu_owner"
        )
        yield database


@pytest.fixture(scope="module")
def catalog(site: Database) -> Catalog:
    """What its catalogs say."""
    return read_catalog(site)


def answer(database: Database, example: Example, user: str) -> Sequence[Any]:
    """Its rows, or one for each that it changed."""
    with database.connect(user=user) as session:
        done = session.execute(example.sql)
        return done.fetchall() if done.description else range(max(done.rowcount, 0))


def test_the_manual_is_what_the_catalog_says(catalog: Catalog) -> None:
    was = MANUAL.read_text().splitlines() if MANUAL.exists() else []
    difference = list(unified_diff(was, manual(catalog).splitlines(), "sql/API.md", "now", n=0))
    if difference:
        told = "\n".join(line.rstrip() for line in difference)
        pytest.fail(f"sql/API.md is not what the comments say: make api\n{told}", pytrace=False)


def test_nothing_lacks_a_comment_or_an_example(catalog: Catalog) -> None:
    assert lapses(catalog) == []


def test_its_contents_lead_to_its_headings(catalog: Catalog) -> None:
    text = manual(catalog)
    headings = [anchor(title) for title in re.findall(r"^#+ (.*)", text, re.MULTILINE)]
    targets = re.findall(r"\]\(#([^)]*)\)", text)
    assert len(set(headings)) == len(headings)
    assert len(targets) > len(CHAPTERS)
    assert set(targets) <= set(headings)


@pytest.mark.parametrize(
    "example", [one for one in examples() if not one.wants_scheduler], ids=lambda one: one.sql
)
def test_an_example_works_for_the_role_that_types_it(site: Database, example: Example) -> None:
    rows = answer(site, example, LOGINS.get(example.by, example.by))
    assert rows or not example.shows_rows


def test_examples_of_the_scheduler_work_where_there_is_one(quick_cron_database: Database) -> None:
    raw_table(quick_cron_database)
    install_defaults(quick_cron_database)
    for example in examples():
        if example.wants_scheduler:
            # who else may make jobs of pg_cron is for the site to say
            rows = answer(quick_cron_database, example, "postgres")
            assert rows or not example.shows_rows


def changed(catalog: Catalog, name: str, **changes: Any) -> Catalog:
    """One object is otherwise."""
    one = replace(catalog.objects[name], **changes)
    return replace(
        catalog,
        relations=tuple(one if r.name == name else r for r in catalog.relations),
        routines=tuple(one if r.name == name else r for r in catalog.routines),
    )


def test_a_view_without_comments_is_found(catalog: Catalog) -> None:
    view = catalog.objects["ahu.freshness"]
    assert isinstance(view, Relation)
    columns = tuple(replace(one, comment="") for one in view.columns[:1])
    worse = changed(catalog, "ahu.freshness", comment="", columns=columns)
    assert lapses(worse) == [
        "ahu.freshness has no comment",
        "ahu.freshness.view_name has no comment",
    ]


@pytest.mark.parametrize(
    ("name", "remark", "lapse"),
    [
        ("_ahu.fold", "", "_ahu.fold has no comment"),
        (
            "ahu.pgbouncer_login",
            "Passwords by login: user_name.",
            "the comment of ahu.pgbouncer_login does not name password",
        ),
        (
            "ahu.unschedule_refresh",
            "Removes the job.",
            "the comment of ahu.unschedule_refresh does not tell of its error 42501",
        ),
        (
            "_ahu.take_turn",
            "Counts the refresh.",
            "the comment of _ahu.take_turn does not tell of its error 40001",
        ),
    ],
)
def test_a_routine_that_is_not_explained_is_found(
    catalog: Catalog, name: str, remark: str, lapse: str
) -> None:
    assert lapses(changed(catalog, name, remark=remark)) == [lapse]


def test_an_error_of_what_a_routine_calls_is_its_own(catalog: Catalog) -> None:
    refresh = catalog.objects["ahu.refresh_dashboard_views"]
    assert isinstance(refresh, Routine)
    assert "42809" not in refresh.codes
    assert "42809" in catalog.may_raise(refresh.name)
    # named in the HINT of an error alone
    assert "ahu.refresh_dashboard_views" not in refresh.calls


@pytest.mark.parametrize(
    ("chapters", "found"),
    [
        (CHAPTERS[1:], "ahu.mv_daily_ahu_costs is in no chapter"),
        ((*CHAPTERS, CHAPTERS[0]), "ahu.mv_daily_ahu_costs is twice"),
        (
            (replace(CHAPTERS[0], entries=(replace(CHAPTERS[0].entries[0], name="mv"),)),),
            "ahu.mv of",
        ),
        (
            (replace(CHAPTERS[0], entries=(replace(CHAPTERS[0].entries[0], examples=()),)),),
            "ahu.mv_daily_ahu_costs has no example",
        ),
    ],
)
def test_a_chapter_that_forgets_something_is_found(
    catalog: Catalog, chapters: tuple[Chapter, ...], found: str
) -> None:
    assert [lapse for lapse in lapses(catalog, chapters) if lapse.startswith(found)]


def test_a_comment_is_read_in_its_parts() -> None:
    comment = read_comment(
        "Does it; none: all is well. day: the day; null: every day. how: so: or so. "
        "Error 22023: day is out; of range; 40001, 55P03: busy.",
        ["day", "how", "keys"],
    )
    assert comment.text == "Does it; none: all is well."
    assert comment.meanings == {"day": "the day; null: every day", "how": "so: or so"}
    assert comment.errors == (
        (("22023",), "day is out; of range"),
        (("40001", "55P03"), "busy"),
    )


def test_a_comment_without_parts_is_its_text() -> None:
    comment = read_comment("Error handling of no days: none.", [])
    assert comment.text == "Error handling of no days: none."
    assert (comment.meanings, comment.errors) == ({}, ())


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'@ 5 mins'::interval", "'5 minutes'"),
        ("'@ 1 min 1 sec'::interval", "'1 minute 1 second'"),
        ("NULL::text[]", "null"),
        ("NULL::timestamp with time zone", "null"),
        ("CHECK (only_row)", "only_row"),
        ("CHECK ((a > '@ 0'::interval))", "a > '0'"),
        ("CHECK ((num_nulls(a, b) = ANY (ARRAY[0, 2])))", "num_nulls(a, b) in (0, 2)"),
    ],
)
def test_expressions_are_written_as_a_person_would(expression: str, text: str) -> None:
    assert plain(expression) == text


def test_names_of_sql_stand_in_code_and_words_do_not() -> None:
    assert prose("See ahu.settings.keep_runs. The days of from_day; pg_cancel_backend(pid).") == (
        "See `ahu.settings.keep_runs`. The days of `from_day`; `pg_cancel_backend(pid)`."
    )
