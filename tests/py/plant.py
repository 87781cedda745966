"""The raw table of the plant, and readings for it."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

import columnstore
from databases import Database
from servers.catalogue import CHECKOUT

RAW_TABLE = "ahu_data.energy_readings"

in_columnstore = False
"""Whether readings that are added to a hypertable are compressed at once: see database/conftest."""

NUMERIC_COLUMNS = (
    "ccv_cold_water_kwh",
    "ac_ccv_cold_water_kwh",
    "pc_ccv_cold_water_kwh",
    "hcv_steam_kwh",
    "ac_hcv_steam_kwh",
    "dh_hcv_steam_kwh",
    "sf_electricity_kwh",
    "ccv_cold_water_cost_krw",
    "ac_ccv_cold_water_cost_krw",
    "pc_ccv_cold_water_cost_krw",
    "hcv_steam_cost_krw",
    "ac_hcv_steam_cost_krw",
    "dh_hcv_steam_cost_krw",
    "sf_cost_krw",
    "electricity_cost_krw",
    "outdoor_temperature",
    "outdoor_humidity",
)
COLUMNS = ("timestamp", "ahu_id", *NUMERIC_COLUMNS)

REAL_READINGS = CHECKOUT.parent / "shared" / "site" / "readings_real.csv.gz"
REAL_ZONE = "America/Chicago"
REAL_COUNT = 30_225


def raw_table(
    database: Database,
    kind: Literal["plain", "partitioned"] = "plain",
    *,
    first_day: date = date(2024, 1, 1),
    months: int = 12,
    primary_key: bool = False,
    hypertable: bool = True,
) -> None:
    """Create the empty raw table.

    plain: a hypertable with weekly chunks where the server has TimescaleDB, unless told otherwise.
    partitioned: by month (of UTC), from the month of `first_day` on, plus a default partition.
    """
    columns = ['"timestamp" timestamptz', "ahu_id text"]
    columns += [f"{name} numeric" for name in NUMERIC_COLUMNS]
    if primary_key:
        columns.append('primary key ("timestamp", ahu_id)')
    by_month = kind == "partitioned"
    statements = [
        "create schema if not exists ahu_data",
        f"create table {RAW_TABLE} ({', '.join(columns)})"
        + (' partition by range ("timestamp")' if by_month else ""),
    ]
    if by_month:
        statements.append(f"create table {RAW_TABLE}_default partition of {RAW_TABLE} default")
        for ahead in range(months):
            first, end = (_month(first_day, ahead + more) for more in (0, 1))
            statements.append(
                f"create table {RAW_TABLE}_{first:%Y_%m} partition of {RAW_TABLE} "
                f"for values from ('{first} 00:00+00') to ('{end} 00:00+00')"
            )
    elif hypertable and database.has_timescaledb:
        statements.append(into_hypertable())
    database.execute("; ".join(statements))


def long_table(database: Database, kind: Literal["plain", "partitioned"] = "plain") -> None:
    """Create the empty raw table in the long layout: a row per measured value."""
    by_month = kind == "partitioned"
    statements = [
        "create schema if not exists ahu_data",
        f"create table {RAW_TABLE} (timestamp timestamptz, ahu_id text, metric_name text, "
        "value numeric, unit text)" + (" partition by range (timestamp)" if by_month else ""),
    ]
    if by_month:
        statements.append(f"create table {RAW_TABLE}_all partition of {RAW_TABLE} default")
    elif database.has_timescaledb:
        statements.append(into_hypertable())
    database.execute("; ".join(statements))


def unpivot(wide_table: str) -> str:
    """The statement that fills a long raw table: a row for each value that is known."""
    units = {"kwh": "kWh", "krw": "KRW"}
    values = ", ".join(
        f"('{name}', r.{name}, '{units.get(name.rsplit('_', 1)[1], '')}')"
        for name in NUMERIC_COLUMNS
    )
    return f"""
        insert into {RAW_TABLE} (timestamp, ahu_id, metric_name, value, unit)
        select r.timestamp, r.ahu_id, v.metric_name, v.value, v.unit
        from {wide_table} as r
        cross join lateral (values {values}) as v (metric_name, value, unit)
        where v.value is not null"""


def into_hypertable(options: str = "") -> str:
    """The statement that makes the raw table a hypertable; its chunks end at weeks of UTC."""
    return (
        f"select create_hypertable('{RAW_TABLE}', 'timestamp', "
        f"chunk_time_interval => interval '7 days'{options})"
    )


def is_hypertable(database: Database) -> bool:
    """Whether the raw table is one."""
    return database.has_timescaledb and bool(
        database.rows("select from timescaledb_information.hypertables")
    )


def move_in_time(database: Database, by: str, where: str = "true") -> str:
    """The statement that moves readings in time: an UPDATE.

    TimescaleDB lets no UPDATE take a reading to another chunk (check_violation): on a hypertable
    the same statement deletes and inserts those that would leave theirs.
    """
    moved = f"timestamp + interval '{by}'"
    update = f"update {RAW_TABLE} set timestamp = {moved} where ({where})"
    if not is_hypertable(database):
        return update
    weeks = [f"date_bin('7 days', {at}, '1970-01-01 00:00+00')" for at in ("timestamp", moved)]
    stays = " = ".join(weeks)
    others = ", ".join(COLUMNS[1:])
    return f"""
        with gone as (
            delete from {RAW_TABLE} where ({where}) and not ({stays}) returning *
        ),
        come as (
            insert into {RAW_TABLE} (timestamp, {others}) select {moved}, {others} from gone
        )
        {update} and {stays}"""


def _month(day: date, ahead: int) -> date:
    count = day.year * 12 + day.month - 1 + ahead
    return date(count // 12, count % 12 + 1, 1)


def plant_readings(
    database: Database,
    *,
    ahus: int,
    days: int,
    first_day: date = date(2024, 1, 1),
    minutes: int = 6,
    zone: str = "Asia/Seoul",
) -> int:
    """Add readings that look like the plant's and are the same in every run; returns how many.

    Columns of the dry dehumidifier are null but for every fifth AHU, and odd values are null.
    """
    values = [
        f"case when {'ahu % 5 = 0' if name.startswith(('pc_', 'dh_')) else 'true'} "
        f"and (reading * {step} + ahu) % 11 <> 0 "
        f"then ((reading * {7 * step + 1} + ahu * 131) % 10007)::numeric / 1000 end"
        for step, name in enumerate(NUMERIC_COLUMNS, start=1)
    ]
    with database.connect() as connection:
        count = connection.execute(
            f"""
            insert into {RAW_TABLE}
            select
                %(first_day)s::timestamp at time zone %(zone)s
                    + reading * make_interval(mins => %(minutes)s),
                'AHU' || to_char(ahu, 'FM9900'),
                {", ".join(values).replace("%", "%%")}
            from generate_series(0, %(days)s * 1440 / %(minutes)s - 1) as reading
            cross join generate_series(1, %(ahus)s) as ahu
            """,
            {"first_day": first_day, "zone": zone, "minutes": minutes, "days": days, "ahus": ahus},
        ).rowcount
    _into_columnstore(database)
    return count


def real_readings() -> Path:
    """The file of real readings, which lies beside the checkout; without it the test is skipped."""
    if not REAL_READINGS.exists():
        pytest.skip(
            "the real readings (shared/site/readings_real.csv.gz) are not beside this checkout"
        )
    return REAL_READINGS


def copy_real_readings(database: Database) -> int:
    """COPY the real readings into the raw table; returns how many. Their zone is REAL_ZONE."""
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    with gzip.open(real_readings(), "rb") as file, database.connect() as connection:
        cursor = connection.cursor()
        with cursor.copy(f"copy {RAW_TABLE} ({names}) from stdin (format csv, header)") as copy:
            while block := file.read(1 << 16):
                copy.write(block)
    _into_columnstore(database)
    return cursor.rowcount


def _into_columnstore(database: Database) -> None:
    if in_columnstore and is_hypertable(database):
        columnstore.enable(database)
        columnstore.compress(database)
