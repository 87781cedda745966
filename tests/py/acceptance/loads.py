"""What an ETL does beside the dashboards. Each of its loads is followed by one CALL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from acceptance.questions import Plant
from ahu_sql.settings import Source
from crowd import Step
from plant import COLUMNS, RAW_TABLE

REFRESH = "refresh"
PAUSE_S = 0.5

_CALL = Step(REFRESH, "call ahu.refresh_dashboard_views()", pause_s=PAUSE_S)
_OTHERS = ", ".join(COLUMNS[1:])
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])
_NEXT = f"""
    insert into {RAW_TABLE} (timestamp, {_OTHERS})
    select timestamp + interval '1 day', {_OTHERS}
    from {RAW_TABLE}
    where timestamp = %(at)s - interval '1 day'
"""
# of other minutes than those that the plant's readings have: so that they are new
_LATE = f"""
    insert into {RAW_TABLE} (timestamp, {_OTHERS})
    select timestamp + %(second)s * interval '1 second', {_OTHERS}
    from {RAW_TABLE}
    where timestamp >= %(at)s and timestamp < %(at)s + interval '1 hour' and ahu_id = %(ahu_id)s
    on conflict do nothing
"""
_AGAIN = f"""
    insert into {RAW_TABLE} (timestamp, {_OTHERS})
    select timestamp, {_OTHERS}
    from {RAW_TABLE}
    where timestamp > %(at)s - %(span)s and timestamp <= %(at)s
    on conflict (timestamp, ahu_id) do update set {_REPLACED}
"""


def new_readings(plant: Plant) -> Iterator[Step]:
    """Six minutes after six minutes, a reading of each AHU."""
    at = plant.newest_reading
    while True:
        at += timedelta(minutes=6)
        yield Step("new readings of all AHUs", _NEXT, {"at": at})
        yield _CALL


def corrections(plant: Plant) -> Iterator[Step]:
    """Late readings of an AHU and upserts of an hour of all, by turns; now and then of a day."""
    dice = random.Random(6)
    at = plant.newest_reading
    while True:
        for turn in range(10):
            if turn % 2 == 0:
                back = timedelta(days=dice.randrange(1, min(plant.days, 60)))
                late = {
                    "at": at - back,
                    "second": dice.randrange(1, 360),
                    "ahu_id": dice.choice(plant.ahu_ids),
                }
                yield Step("late readings of an hour of an AHU", _LATE, late)
            else:
                span = timedelta(days=1) if turn == 9 else timedelta(hours=1)
                name = "a day" if turn == 9 else "an hour"
                yield Step(f"upsert of {name} of all AHUs", _AGAIN, {"at": at, "span": span})
            yield _CALL


def refreshes() -> Iterator[Step]:
    """At a site: nothing is written but what the site's own ETL has left to fold."""
    while True:
        yield _CALL


def rewritten_readings(plant: Plant, source: Source) -> Iterator[Step]:
    """At a site that allows it: the readings of the newest hour get the values that they have."""
    at = plant.newest_reading - timedelta(hours=1)
    statement = (
        f"update {source.table} set {source.ahu_column} = {source.ahu_column} "
        f"where {source.time_column} > %(at)s"
    )
    while True:
        yield Step("update of the newest hour", statement, {"at": at})
        yield _CALL
