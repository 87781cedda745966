"""What small INSERTs bring is added to what is stored, where nothing else can have happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from databases import Database
from in_force import assert_exact, put_in_force
from plant import RAW_TABLE, raw_table
from refreshing import refresh
from servers.catalogue import chosen_server

HERE = "2024-02-01"
"""A day that a border of UTC cuts: a month's, and a week's, at 09:00 of the site."""
needs_hypertables = pytest.mark.skipif(
    not chosen_server().has_timescaledb, reason="there are no hypertables"
)


def insert(database: Database, *times: str) -> None:
    """A reading of AHU01 at each of these times of the day, in one statement."""
    rows = ", ".join(f"('{HERE} {time}+09', 'AHU01', 1)" for time in times)
    database.execute(f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) values {rows}")


def is_read_again(database: Database) -> bool:
    """Whether the next reading has its key read again; what is changed silently tells."""
    database.execute(
        f"set session_replication_role = replica; update {RAW_TABLE} set sf_cost_krw = 1000"
    )
    insert(database, "03:00")
    refresh(database)
    cost = database.scalar("select electricity_cost from _ahu.daily_rollup")
    assert cost is not None
    return bool(cost >= 1000)


@pytest.fixture(params=["partitioned", pytest.param("hypertable", marks=needs_hypertables)])
def site(database: Database, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Two readings are stored of the part before the border; there is none after it."""
    is_partitioned = request.param == "partitioned"
    raw_table(
        database,
        "partitioned" if is_partitioned else "plain",
        first_day=date(2024, 1, 1),
        months=1,
        primary_key=True,
    )
    if is_partitioned:
        database.execute(f"drop table {RAW_TABLE}_default")
    put_in_force(database)
    insert(database, "08:00", "08:01")
    refresh(database)
    yield database


def test_a_reading_is_added(site: Database) -> None:
    assert not is_read_again(site)


def test_what_has_come_and_gone_with_its_part_is_not_added(site: Database) -> None:
    """The table has the same parts as before, then; one of the new readings is still there."""
    is_partitioned = site.rows(f"select from pg_partition_tree('{RAW_TABLE}')") != []
    part = f"{RAW_TABLE}_2024_02"
    if is_partitioned:
        site.execute(
            f"create table {part} partition of {RAW_TABLE} "
            "for values from ('2024-02-01 00:00+00') to ('2024-03-01 00:00+00')"
        )
    insert(site, "08:30", "10:00")
    gone = f"select drop_chunks('{RAW_TABLE}', newer_than => timestamptz '{HERE} 09:00+09')"
    site.execute(f"drop table {part}" if is_partitioned else gone)
    refresh(site)
    assert site.rows("select readings from _ahu.daily_rollup") == [(3,)]
    assert_exact(site)


def test_a_part_more_has_the_key_read_once(site: Database) -> None:
    if site.rows(f"select from pg_partition_tree('{RAW_TABLE}')"):
        site.execute(
            f"create table {RAW_TABLE}_later partition of {RAW_TABLE} "
            "for values from ('2030-01-01 00:00+00') to ('2030-02-01 00:00+00')"
        )
    else:
        site.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2030-01-09', 'AHU02'); "
            f"delete from {RAW_TABLE} where ahu_id = 'AHU02'; "
            "call ahu.refresh_dashboard_views()"
        )
    assert is_read_again(site)


@pytest.mark.parametrize(("kind", "step"), [("plain", "1 day"), ("partitioned", "4 minutes")])
def test_each_reading_is_looked_up_by_time_and_ahu(
    database: Database, kind: str, step: str
) -> None:
    """By an index of times alone each look would go through all AHUs of that time.

    step: a table in one piece may have a long history, of which hours are a small part.
    """
    raw_table(database, kind, first_day=date(2024, 1, 1), months=3, primary_key=True)
    ahus, times = 300, 360  # so many that the index of times alone is the lower tree

    def readings(first: int, last: int, seconds: int) -> str:
        return (
            f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
            f"select timestamptz '{HERE} 00:00+09' + t * interval '{step}' "
            f"+ interval '{seconds} seconds', 'AHU' || a, 1 "
            f"from generate_series({first}, {last}) as t cross join generate_series(1, {ahus}) as a"
        )

    database.execute(f"create index on {RAW_TABLE} (timestamp)")
    database.execute(readings(0, times - 1, 0))
    put_in_force(database)
    with database.connect() as session:
        session.execute("analyze")
        session.execute(readings(times - 1, times - 1, 1))
        session.execute("select pg_stat_force_next_flush()")
        read = (
            "select sum(s.idx_tup_read)::integer from pg_stat_all_indexes as s "
            "where s.schemaname in ('ahu_data', '_timescaledb_internal')"
        )
        ((before,),) = session.execute(read).fetchall()
        session.execute("call ahu.refresh_dashboard_views()")
        session.execute("select pg_stat_force_next_flush()")
        ((after,),) = session.execute(read).fetchall()
    assert 2 * ahus <= after - before <= 4 * ahus  # what was the newest, and what is it now
    assert_exact(database)


def test_what_is_loaded_again_after_its_part_has_gone_is_counted_once(database: Database) -> None:
    raw_table(database, "partitioned", first_day=date(2024, 1, 1), months=1, primary_key=True)
    put_in_force(database)
    insert(database, "10:00")
    refresh(database)
    database.execute(
        f"create table {RAW_TABLE}_later partition of {RAW_TABLE} "
        "for values from ('2024-02-01 02:00+00') to ('2024-03-01 00:00+00')"
    )
    insert(database, "12:00")
    database.execute(f"drop table {RAW_TABLE}_later")
    insert(database, "12:00")
    refresh(database)
    assert database.rows("select readings from _ahu.daily_rollup") == [(2,)]
    assert_exact(database)


def test_a_generated_measure_in_a_partition_of_another_layout_is_read(database: Database) -> None:
    """PostgreSQL shows it to no trigger there."""
    raw_table(database, "partitioned", first_day=date(2024, 1, 1), months=1)
    database.execute(
        f"drop table {RAW_TABLE}_default; alter table {RAW_TABLE} drop column sf_cost_krw; "
        f"alter table {RAW_TABLE} add column sf_cost_krw numeric "
        "generated always as (sf_electricity_kwh * 2) stored; "
        f"create index on {RAW_TABLE} (timestamp); "
        f"create table ahu_data.odd (aside integer, like {RAW_TABLE} including all); "
        f"alter table ahu_data.odd drop column aside; alter table {RAW_TABLE} attach partition "
        "ahu_data.odd for values from ('2024-02-01 00:00+00') to ('2024-03-01 00:00+00')"
    )
    put_in_force(database)
    for minute in range(3):
        database.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_electricity_kwh) "
            f"values ('{HERE} 12:0{minute}+09', 'AHU01', 7)"
        )
        refresh(database)
    assert database.scalar("select electricity_cost from _ahu.daily_rollup") == 42
    assert_exact(database)


@needs_hypertables
def test_a_dropped_column_stops_nobody_and_makes_nothing_wrong(database: Database) -> None:
    """TimescaleDB 2.19.3 shows triggers displaced columns then, in younger chunks."""
    raw_table(database)
    put_in_force(database)
    insert(database, "08:00")
    refresh(database)
    database.execute(f"alter table {RAW_TABLE} drop column ccv_cold_water_kwh cascade")
    database.execute(f"alter table {RAW_TABLE} add column ccv_cold_water_kwh numeric")
    for hours in range(0, 14 * 24, 8):
        database.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw, sf_electricity_kwh) "
            f"values (timestamptz '2024-03-01' + interval '{hours} hours', 'AHU01', 1.5, 7)"
        )
        refresh(database)
    assert_exact(database)
