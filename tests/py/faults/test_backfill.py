"""A backfill that is struck, between its batches or in one, is finished by the next install."""

from __future__ import annotations

import pytest

from databases import Database
from faults.aims import cases
from faults.bystander import Bystander
from faults.matrix import Matrix, assert_views_equal_raw, strike_all
from faults.sites import ahu_sql, installed
from in_force import ZONE

BATCHES = ("--batch-days", "15")


def not_filled(database: Database) -> None:
    """As an install leaves a site when it has committed and done no more."""
    database.execute(
        "delete from _ahu.daily_rollup; delete from _ahu.monthly_rollup; "
        "delete from _ahu.pending_changes; update _ahu.source set backfill_marked_at = null"
    )


def assert_filled(database: Database) -> None:
    """All is folded, and was folded before anybody else's refresh."""
    assert database.scalar("select backfill_marked_at is not null from _ahu.source")
    assert database.rows("select from _ahu.pending_changes where reason = 'backfill'") == []
    assert_views_equal_raw(database, ZONE)


def test_a_backfill_is_struck(site: Database, subtests: pytest.Subtests) -> None:
    """Where it marks, in its batches, and in between."""
    installed(site)
    matrix = Matrix(
        site,
        lambda watch: ahu_sql(site, watch, "install", *BATCHES),
        lambda: assert_filled(site),
        lambda: not_filled(site),
        sows_before="call _ahu.mark_backfill",
        bystander=Bystander(site),
    )
    points = matrix.points()
    assert sum(point.startswith("before call ahu.refresh") for point in points) == 3
    # an install that has nothing to apply comes before
    points = points[points.index("before call _ahu.mark_backfill()") :]
    strike_all(subtests, (matrix, cases(points, everywhere=5, elsewhere=10, turn=3)))
