"""Late readings in bulk, across the borders of chunks and partitions: the views equal raw."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest

from databases import Database
from late_data import NEWER, PROGRAMS, LateData
from plant import raw_table
from refreshing import assert_fresh, install, refresh


@pytest.mark.parametrize("kind", ["plain", "partitioned"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_one_insert_across_several_chunks_is_in_the_views(
    database: Database, program: LateData, kind: Literal["plain", "partitioned"]
) -> None:
    raw_table(database, kind)
    database.execute(NEWER)
    install(database, program.zone)
    database.execute(program.statement)
    refresh(database)
    assert_fresh(database, program.zone)
    assert database.scalar("select sum(electricity_cost) from ahu.mv_daily_ahu_costs") == Decimal(
        program.readings + 1
    )
