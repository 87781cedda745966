"""An uninstall that is struck leaves the site installed, or nothing of us."""

from __future__ import annotations

import pytest

from databases import Database
from faults.aims import AFTER_COMMIT, cases
from faults.bystander import Bystander
from faults.matrix import Matrix, assert_views_equal_raw, strike_all
from faults.sites import ahu_sql, installed
from faults.watch import IN_COMMIT
from in_force import ZONE
from snapshots import roles_dump, schema_dump


def test_an_uninstall_is_struck(site: Database, subtests: pytest.Subtests) -> None:
    """At each of its statements, and in its commit; at its end all is as it was before us."""
    before = schema_dump(site), roles_dump(site)

    def assert_gone() -> None:
        assert (schema_dump(site), roles_dump(site)) == before

    matrix = Matrix(
        site,
        lambda watch: ahu_sql(site, watch, "uninstall", "--yes", "--roles"),
        assert_gone,
        lambda: installed(site),
        lambda: assert_views_equal_raw(site, ZONE),
        bystander=Bystander(site),
    )
    points = matrix.points()
    assert {"before commit", IN_COMMIT, AFTER_COMMIT} < set(points)
    strike_all(subtests, (matrix, cases(points, everywhere=4, elsewhere=8)))
