"""The demo's plant: 45 invented AHUs, a reading of each every six minutes.

Everything is the same at every run and on every machine. What the plant is made of, and how kWh and
cost follow from it, stands in plant.sql beside this file; the rules, the prices and the ranges come
from the documents of a plant in Seoul.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeAlias

import psycopg

from ahu_sql.errors import AhuSqlError

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# Korea has had no summer time since 1988, so an offset is enough and no zone data is needed.
SEOUL = timezone(timedelta(hours=9), "KST")

READING_INTERVAL = timedelta(minutes=6)

# A fixed period, so that the demo prints the same figures every day: 60 days, which end with
# 31 August 2025, 24:00 in Seoul. The end itself is not part of it.
PERIOD_DAYS = 60
PERIOD_END = datetime(2025, 9, 1, tzinfo=SEOUL)
PERIOD_START = PERIOD_END - timedelta(days=PERIOD_DAYS)

# One statement loads this much: few enough readings for a progress bar that moves.
LOAD_STEP = timedelta(days=10)

_INSERT = b"insert into ahu_data.energy_readings select r.* from "


def create_plant(connection: Connection) -> None:
    """Create the schemas ahu_data and demo and the empty table of readings, all or nothing.

    Raises AhuSqlError where the database has one of the two schemas: the demo never writes into
    a site's own readings.
    """
    script = Path(__file__).with_name("plant.sql").read_bytes()
    try:
        with connection.transaction():
            connection.execute(script)
    except psycopg.errors.DuplicateSchema as error:
        raise AhuSqlError(
            f'the demo\'s plant does not fit into database "{connection.info.dbname}"',
            detail=f"{str(error.diag.message_primary).capitalize()}.",
            hint="Give the demo a database of its own, which holds nothing yet.",
            exit_code=1,
        ) from error


def load_readings(
    connection: Connection,
    from_time: datetime = PERIOD_START,
    until_time: datetime = PERIOD_END,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Insert the plant's readings from from_time to before until_time; return how many they are.

    Both times carry their offset. About 10,760 readings a day: the AHUs have gaps. Each ten days
    are a transaction of their own, unless the connection is inside one already. `progress` is told
    after each how many days are done, and of how many (a part of a day counts as one).
    """
    days = _days(until_time - from_time)
    inserted = 0
    begin = from_time
    while begin < until_time:
        end = min(begin + LOAD_STEP, until_time)
        with connection.transaction():
            cursor = connection.execute(_INSERT + b"demo.readings(%s, %s) as r", (begin, end))
        inserted += cursor.rowcount
        begin = end
        if progress is not None:
            progress(_days(end - from_time), days)
    return inserted


def _days(span: timedelta) -> int:
    """Whole days, rounded up."""
    return -(-span // timedelta(days=1))
