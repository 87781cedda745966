"""Retention as a site does it: what lies before the border goes, and nothing is logged."""

from __future__ import annotations

from datetime import date

from databases import Database
from plant import RAW_TABLE, plant_readings, raw_table
from servers.catalogue import chosen_server

# a month of UTC ends there, and a week of UTC: a partition's border and a chunk's
BORDER = "2024-02-01 00:00+00"
ZONE = "Asia/Seoul"
FIRST_DAY, DAYS, PER_DAY = date(2024, 1, 25), 10, 240
GONE = "2024-01-28"
"""A day whose readings lie all before the border."""
CUT = "2024-02-01"
"""The day that the border cuts: from 00:00 to 09:00 its readings go, the others stay."""
CUT_STAY = 150
WHOLE = "2024-02-03"
"""A day whose readings lie all after it."""

WAYS = {
    "drop a partition": f"drop table {RAW_TABLE}_2024_01",
    "detach a partition": f"alter table {RAW_TABLE} detach partition {RAW_TABLE}_2024_01",
}
if chosen_server().has_timescaledb:
    WAYS["drop chunks"] = f"select drop_chunks('{RAW_TABLE}', timestamptz '{BORDER}')"


def fill(database: Database, way: str) -> None:
    """Ten days of two AHUs, 240 readings each, in a table that this way of retention fits."""
    raw_table(database, "plain" if way == "drop chunks" else "partitioned", months=3)
    count = plant_readings(database, ahus=2, days=DAYS, first_day=FIRST_DAY)
    assert count == 2 * DAYS * PER_DAY


def retain(database: Database, way: str) -> None:
    """What lies before the border goes."""
    database.execute(WAYS[way])
    assert database.scalar(f"select min(timestamp) = '{BORDER}' from {RAW_TABLE}")


def quarantine(database: Database) -> dict[tuple[str, str], tuple[int, int, int]]:
    """By day and AHU: readings that are stored, that raw has, that the log counts."""
    rows = database.rows(
        "select day::text, ahu_id, stored_readings, raw_readings, net_readings from _ahu.quarantine"
    )
    return {(day, ahu): (stored, raw, net) for day, ahu, stored, raw, net in rows}


def stored_readings(database: Database, day: str, ahu: str = "AHU01") -> int:
    """How many readings the stored summary sums up; 0: there is none."""
    stored = "select readings from _ahu.daily_rollup where (day, ahu_id) = (%s, %s)"
    return sum(count for (count,) in database.rows(stored, [day, ahu]))
