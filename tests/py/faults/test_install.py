"""An install that is struck leaves nothing, or all that it had committed; the next one finishes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from databases import Database
from faults.aims import AFTER_COMMIT, cases
from faults.bystander import Bystander
from faults.matrix import Matrix, assert_views_equal_raw, strike_all
from faults.sites import ahu_sql, file_names, uninstalled
from faults.watch import IN_COMMIT
from in_force import ZONE, our_triggers
from refreshing import refresh


def test_an_install_is_struck(site: Database, subtests: pytest.Subtests) -> None:
    """At the borders of its rooms, while it finishes, in its commit, before and in the backfill."""
    matrix = Matrix(
        site,
        lambda watch: ahu_sql(site, watch, "install", "--batch-days", "15"),
        lambda: assert_installed(site),
        lambda: uninstalled(site),
        lambda: assert_all_or_nothing(site),
        names=file_names(),
        sows_before="call _ahu.mark_backfill",
        bystander=Bystander(site),
    )
    points = worthwhile(matrix.points())
    assert {"before commit", IN_COMMIT, AFTER_COMMIT} < set(points)
    assert "before 90_finish/track_changes.sql" in points
    strike_all(subtests, (matrix, cases(points, everywhere=4, elsewhere=14)))


def worthwhile(points: Sequence[str]) -> list[str]:
    """Of the files of a room the first and the last; all that is no file."""
    last = {room(point): point for point in points}
    first = {room(point): point for point in reversed(points)}
    return [
        point
        for point in points
        if room(point) is None or point in (first[room(point)], last[room(point)])
    ]


def room(point: str) -> str | None:
    """The numbered folder of a file that is to be sent; finishing is told in full."""
    head, _, rest = point.removeprefix("before ").partition("/")
    return head if rest and head[:2].isdigit() and head != "90_finish" else None


def assert_installed(database: Database) -> None:
    """The site is tracked and its views equal raw."""
    assert len(our_triggers(database)) == 4
    assert_views_equal_raw(database, ZONE)


def assert_all_or_nothing(database: Database) -> None:
    """What was committed is tracked and refreshed, its backfill aside; or there is nothing."""
    if database.rows("select from pg_namespace where nspname in ('ahu', '_ahu')"):
        assert len(our_triggers(database)) == 4
        assert refresh(database).outcome != "skipped"
    else:
        assert database.rows("select from pg_roles where rolname like 'ahu%'") == []
