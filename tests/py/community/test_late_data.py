"""A bulk insert across chunks: ours equals raw; what a continuous aggregate shows is printed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from databases import Database
from late_data import NEWER, PROGRAMS, LateData
from plant import RAW_TABLE, raw_table
from refreshing import assert_fresh, install, refresh

AGGREGATE = f"""
    create materialized view public.by_bucket with (timescaledb.continuous) as
    select time_bucket('{{width}}', timestamp, '{{zone}}') as bucket, ahu_id, count(*) as readings
    from {RAW_TABLE}
    group by 1, 2
    with no data
"""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_ours_equals_raw_beside_a_continuous_aggregate(
    community_database: Database, program: LateData, request: pytest.FixtureRequest
) -> None:
    database = community_database
    raw_table(database)
    database.execute(NEWER)
    for width in ("1 hour", "1 day"):
        query = AGGREGATE.format(width=width, zone=program.zone)
        database.execute(query.replace("by_bucket", f"by_{width.split()[1]}"))
    install(database, program.zone)
    for aggregate in ("by_hour", "by_day"):
        database.execute(f"call refresh_continuous_aggregate('{aggregate}', null, null)")
    refresh(database)

    database.execute(program.statement)
    for aggregate in ("by_hour", "by_day"):
        database.execute(f"call refresh_continuous_aggregate('{aggregate}', null, null)")
    refresh(database)

    assert_fresh(database, program.zone)
    total = database.scalar(
        "select sum(electricity_cost) from ahu.mv_daily_ahu_costs where ahu_id = 'AHU01'"
    )
    assert total == Decimal(program.readings)
    shown = {
        width: int(
            database.scalar(
                f"select coalesce(sum(readings), 0) from {aggregate} where ahu_id = 'AHU01'"
            )
        )
        for width, aggregate in (("hourly", "by_hour"), ("daily", "by_day"))
    }
    version = database.scalar("select extversion from pg_extension where extname = 'timescaledb'")
    said = ", ".join(f"the {width} one {count}" for width, count in shown.items())
    with request.getfixturevalue("capsys").disabled():
        print(
            f"\n{program.name}: raw {program.readings} readings, ours {total}; "
            f"continuous aggregates of TimescaleDB {version}: {said}"
        )
