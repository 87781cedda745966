"""Real readings: whatever happens to them, the views equal raw after one refresh."""

from __future__ import annotations

import csv
import gzip
import io
import random
from datetime import date
from typing import Literal

import pytest

import plant
from databases import Database
from plant import (
    COLUMNS,
    NUMERIC_COLUMNS,
    RAW_TABLE,
    REAL_COUNT,
    REAL_ZONE,
    copy_real_readings,
    is_hypertable,
    move_in_time,
    raw_table,
    real_readings,
)
from refreshing import assert_fresh, install, refresh

Kind = Literal["plain", "partitioned"]
KINDS: tuple[Kind, ...] = ("plain", "partitioned")
SEED = 20_240_229

OFTEN = "extract(minute from timestamp)::int % 5 = 0"
NAMES = ", ".join(f'"{name}"' for name in COLUMNS)


def changes(database: Database) -> dict[str, str]:
    """What is done to the readings, and then all of it is in the views after one refresh."""
    # TimescaleDB: the time of a hypertable's reading cannot be null
    has_null_times = not is_hypertable(database)
    without_time = f"""
        update {RAW_TABLE} set timestamp = null where extract(minute from timestamp) = 12;
        insert into {RAW_TABLE} (timestamp, sf_cost_krw) values (null, 2);"""
    # TimescaleDB: on a table that has columnstore a MERGE inserts and does nothing else
    merges_all = not (plant.in_columnstore and is_hypertable(database))
    all_of_them = f"""
        select timestamp, ahu_id, extract(minute from timestamp)::int as m from {RAW_TABLE}
        where timestamp is not null
        union all"""
    when_matched = """
        when matched and s.m % 7 = 0 then delete
        when matched and s.m % 7 = 1 then
            update set sf_cost_krw = 1e-12, hcv_steam_kwh = coalesce(r.hcv_steam_kwh, 1)"""
    if not merges_all:
        all_of_them = when_matched = ""
    return {
        "values are corrected": f"""
            update {RAW_TABLE} set hcv_steam_cost_krw = hcv_steam_cost_krw * 1.0000001,
                sf_electricity_kwh = null, pc_ccv_cold_water_kwh = 0.000
            where {OFTEN}""",
        "readings move to other days": move_in_time(database, "1 day 00:00:01", OFTEN),
        "readings move across years": move_in_time(
            database, "397 days 00:00:02", "ahu_id = 'AHU01' and extract(minute from timestamp) = 7"
        ),
        "readings move to another AHU": f"""
            update {RAW_TABLE} set ahu_id = 'AHU44H' where extract(hour from timestamp) = 3""",
        "two AHUs change places": f"""
            update {RAW_TABLE} set ahu_id = case ahu_id when 'AHU01' then 'AHU07' else 'AHU01' end
            where ahu_id in ('AHU01', 'AHU07')""",
        "readings lose and get back their AHU and their time": f"""
            update {RAW_TABLE} set ahu_id = null where extract(minute from timestamp) = 11;
            {without_time if has_null_times else ""}
            update {RAW_TABLE} set ahu_id = 'AHU02' where ahu_id is null and sf_cost_krw > 2""",
        "single readings are deleted": f"""
            delete from {RAW_TABLE} where extract(minute from timestamp)::int % 10 = 3""",
        "a whole day and a whole month are deleted": f"""
            delete from {RAW_TABLE} where timestamp >= '2022-05-10 00:00-05'
                and timestamp < '2022-05-11 00:00-05';
            delete from {RAW_TABLE} where timestamp >= '2022-06-01 00:00-05'
                and timestamp < '2022-07-01 00:00-05'""",
        "readings are deleted and loaded again in one transaction": f"""
            create temporary table copy as select * from {RAW_TABLE} where ahu_id = 'AHU44H';
            delete from {RAW_TABLE} where ahu_id = 'AHU44H';
            insert into {RAW_TABLE} select * from copy where extract(minute from timestamp) < 40""",
        "one statement deletes and inserts": f"""
            with moved as (
                delete from {RAW_TABLE} where extract(hour from timestamp) = 23 returning *
            )
            insert into {RAW_TABLE} (timestamp, ahu_id, electricity_cost_krw)
            select timestamp + '02:00:03', ahu_id, 0.1 from moved""",
        "an upsert inserts and updates": f"""
            insert into {RAW_TABLE} as r (timestamp, ahu_id, sf_cost_krw, dh_hcv_steam_kwh)
            select timestamp + n * interval '00:00:04', ahu_id, 0.01, 3.5
            from {RAW_TABLE}, generate_series(0, 1) as n
            where timestamp is not null and ahu_id = 'AHU01'
            on conflict (timestamp, ahu_id) do update
            set sf_cost_krw = coalesce(r.sf_cost_krw, 0) + excluded.sf_cost_krw""",
        "an upsert moves readings": f"""
            insert into {RAW_TABLE} as r (timestamp, ahu_id)
            select timestamp, ahu_id from {RAW_TABLE} where ahu_id = 'AHU07' and {OFTEN}
            on conflict (timestamp, ahu_id) do update set ahu_id = 'AHU99'""",
        "a MERGE updates, deletes and inserts": f"""
            merge into {RAW_TABLE} as r
            using (
                {all_of_them}
                select timestamp + '00:00:05', ahu_id, 1 from {RAW_TABLE}
                where extract(minute from timestamp) = 30
            ) as s (timestamp, ahu_id, m)
            on r.timestamp = s.timestamp and r.ahu_id = s.ahu_id
            {when_matched}
            when not matched then insert (timestamp, ahu_id, sf_electricity_kwh)
                values (s.timestamp, s.ahu_id, 123456789012345678901234567890.123456789)""",
        "statements touch no reading": f"""
            update {RAW_TABLE} set sf_cost_krw = 0 where false;
            delete from {RAW_TABLE} where false;
            insert into {RAW_TABLE} select * from {RAW_TABLE} where false""",
        "a savepoint is rolled back": f"""
            begin;
            delete from {RAW_TABLE} where extract(minute from timestamp) = 2;
            savepoint s;
            delete from {RAW_TABLE};
            rollback to savepoint s;
            {move_in_time(database, "31 days", "ahu_id = 'AHU44H'")};
            commit""",
        "everything is deleted": f"delete from {RAW_TABLE}",
    }


def real_site(database: Database, kind: Kind) -> None:
    """The empty raw table; nothing can be there twice, so that upserts have something to meet."""
    real_readings()
    raw_table(database, kind, first_day=date(2007, 8, 1), months=26)
    database.execute(f"create unique index on {RAW_TABLE} (timestamp, ahu_id)")


@pytest.mark.parametrize("kind", KINDS)
def test_the_backfill_of_real_readings_equals_raw(database: Database, kind: Kind) -> None:
    real_site(database, kind)
    assert copy_real_readings(database) == REAL_COUNT
    install(database, REAL_ZONE)
    assert_fresh(database, REAL_ZONE)
    assert_fresh(database, REAL_ZONE, fast=True)
    assert database.scalar("select sum(readings) from _ahu.daily_rollup") == REAL_COUNT


@pytest.mark.parametrize("kind", KINDS)
def test_real_readings_in_shuffled_late_batches_equal_raw(database: Database, kind: Kind) -> None:
    real_site(database, kind)
    install(database, REAL_ZONE)
    shuffled = random.Random(SEED)
    with gzip.open(real_readings(), "rt", newline="") as file:
        lines = list(csv.reader(file))[1:]
    shuffled.shuffle(lines)
    while lines:
        size = shuffled.choice((1, 45, 300, 5000))
        batch, lines = lines[:size], lines[size:]
        text = io.StringIO()
        csv.writer(text).writerows(batch)
        load = f"copy {RAW_TABLE} ({NAMES}) from stdin (format csv)"
        with database.connect() as connection, connection.cursor().copy(load) as copy:
            copy.write(text.getvalue())
        if shuffled.random() < 0.4:
            refresh(database, shuffled.choice(("", "max_days => 5", "max_days => 1")))
    refresh(database)
    assert database.scalar(f"select count(*) from {RAW_TABLE}") == REAL_COUNT
    assert_fresh(database, REAL_ZONE)


@pytest.mark.parametrize("kind", KINDS)
def test_real_readings_equal_raw_after_every_kind_of_change(database: Database, kind: Kind) -> None:
    real_site(database, kind)
    copy_real_readings(database)
    install(database, REAL_ZONE)
    before = raw_contents(database)
    for what, statements in changes(database).items():
        database.execute(statements)
        after = raw_contents(database)
        assert (after == before) == (what == "statements touch no reading"), what
        before = after
        refresh(database)
        assert_fresh(database, REAL_ZONE, fast=True, after=f"{what} ({kind})")
    assert database.rows("select from ahu.mv_monthly_ahu_costs") == []

    copy_real_readings(database)
    refresh(database)
    assert_fresh(database, REAL_ZONE, after="loaded again")


@pytest.mark.parametrize("kind", KINDS)
def test_one_refresh_after_all_kinds_of_change_is_enough(database: Database, kind: Kind) -> None:
    real_site(database, kind)
    copy_real_readings(database)
    install(database, REAL_ZONE)
    for what, statements in changes(database).items():
        if what != "everything is deleted":
            database.execute(statements)
    refresh(database)
    assert_fresh(database, REAL_ZONE)


def raw_contents(database: Database) -> object:
    """A fingerprint of the raw table."""
    values = ", ".join(("timestamp", "ahu_id", *NUMERIC_COLUMNS))
    return database.scalar(f"select sum(hashtextextended(({values})::text, 0)) from {RAW_TABLE}")
