"""`ahu-sql verify --repair` that is struck: the same command again mends what is left to mend."""

from __future__ import annotations

from itertools import count

import pytest

from databases import Database
from faults.aims import cases
from faults.bystander import Bystander
from faults.matrix import Matrix, assert_views_equal_raw, strike_all
from faults.sites import ahu_sql, installed
from in_force import ZONE
from plant import RAW_TABLE

_numbers = count(1)


def damage(database: Database) -> None:
    """Readings are changed past the triggers, and a month's sums by hand."""
    number = next(_numbers)
    database.execute(
        "set session_replication_role = replica; "
        f"update {RAW_TABLE} set sf_cost_krw = {number} where ahu_id = 'AHU02'; "
        f"update _ahu.monthly_rollup set steam_cost = {number} where ahu_id = 'AHU01'"
    )


def test_a_repair_is_struck(site: Database, subtests: pytest.Subtests) -> None:
    """While it verifies, while it marks, in its refresh, and while it verifies again."""
    installed(site)
    matrix = Matrix(
        site,
        lambda watch: ahu_sql(site, watch, "verify", "--repair", "--allow", "pending"),
        lambda: assert_views_equal_raw(site, ZONE),
        lambda: damage(site),
        sows_before="select",
        bystander=Bystander(site),
    )
    points = matrix.points()
    assert {"before insert on pending_changes", "before update on monthly_rollup"} < set(points)
    strike_all(subtests, (matrix, cases(points, everywhere=3, elsewhere=8, turn=1)))
