"""Days are the site's own, also where the clock is changed at the worst time of the day.

Old changes on purpose: about these all releases of the time zone data agree.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from databases import Database
from plant import RAW_TABLE, move_in_time, raw_table
from refreshing import assert_fresh, call, install, pending_entries, refresh

# zone, a time of UTC near the change, what happens there
CHANGES = [
    ("America/St_Johns", "1988-04-03 03:31", "at 00:01 two hours forward"),
    ("America/St_Johns", "1988-10-30 01:31", "from 00:01 two hours back to 22:01 the day before"),
    ("America/St_Johns", "1997-10-26 02:31", "from 00:01 back to 23:01 the day before"),
    ("America/St_Johns", "2006-04-02 03:31", "at 00:01 one hour forward"),
    ("America/Havana", "1999-10-31 05:00", "from 01:00 back to midnight"),
    ("America/Havana", "1998-03-29 05:00", "midnight does not exist"),
    ("Pacific/Apia", "2011-12-30 10:00", "30 December 2011 does not exist"),
    ("Australia/Lord_Howe", "2005-10-29 15:30", "half an hour forward"),
    ("Australia/Lord_Howe", "2006-04-01 15:00", "half an hour back"),
    ("Asia/Beirut", "2003-03-29 22:00", "midnight does not exist"),
    ("Asia/Beirut", "2003-10-25 21:00", "from midnight back to 23:00 the day before"),
    ("America/Sao_Paulo", "2010-10-17 03:00", "midnight does not exist"),
    ("America/Sao_Paulo", "2011-02-20 02:00", "from midnight back to 23:00 the day before"),
    ("Asia/Seoul", "1987-05-09 17:00", "an hour forward"),
    ("Asia/Seoul", "1988-10-08 17:00", "an hour back"),
    ("Asia/Kathmandu", "1985-12-31 18:30", "a quarter of an hour forward at midnight"),
    ("Europe/Prague", "2020-10-25 01:00", "an hour back in the night"),
]
ZONES = sorted({zone for zone, _, _ in CHANGES})
AROUND = timedelta(days=4)
THIS_ONE = "timestamp = %(at)s and ahu_id = %(ahu)s"
STEPS = {"AHU01": timedelta(minutes=5), "AHU02": timedelta(minutes=10), "AHU03": timedelta(hours=7)}


def readings(zone: str) -> list[tuple[datetime, str]]:
    """Times and AHUs around every change of this zone."""
    found = []
    for here, text, _ in CHANGES:
        if here == zone:
            near = datetime.fromisoformat(text).replace(tzinfo=UTC)
            for ahu, step in STEPS.items():
                found += [
                    (near - AROUND + number * step, ahu) for number in range(2 * AROUND // step + 1)
                ]
    return sorted(found)


def insert(connection: psycopg.Connection[Any], some: list[tuple[datetime, str]]) -> None:
    """One statement."""
    connection.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_electricity_kwh, sf_cost_krw) "
        "select at, ahu, extract(epoch from at)::bigint %% 9973 / 1000.0, 0.01 "
        "from unnest(%s::timestamptz[], %s::text[]) as r (at, ahu)",
        [[at for at, _ in some], [ahu for _, ahu in some]],
    )


def test_the_changes_are_where_the_list_says() -> None:
    for zone, text, what in CHANGES:
        near = datetime.fromisoformat(text).replace(tzinfo=UTC)
        offsets = {
            (near + timedelta(minutes=m)).astimezone(ZoneInfo(zone)).utcoffset() for m in (-31, 31)
        }
        assert len(offsets) == 2, f"{zone}: {what}"


@pytest.mark.parametrize("zone", ZONES)
def test_days_are_right_around_a_change_of_the_clock(database: Database, zone: str) -> None:
    raw_table(database)
    database.execute(f"create index on {RAW_TABLE} (timestamp)")
    some = readings(zone)
    with database.connect() as connection:
        insert(connection, some)
        install(database, zone)
        assert_fresh(database, zone, after="the backfill")

        delete_all(connection)
        assert_fresh(database, zone, after="all are deleted")

        insert(connection, some)
        refresh(database)
        assert_fresh(database, zone, after="one insert of everything")

        delete_all(connection)
        for start in range(0, len(some), 97):
            insert(connection, some[start : start + 97])
            if start % 5 == 0:
                call(connection)
        refresh(database)
        assert_fresh(database, zone, after="small inserts that straddle midnight")

        delete_all(connection)
        for day in sorted({at.date() for at, _ in some}):
            insert(connection, [reading for reading in some if reading[0].date() == day])
        refresh(database)
        assert_fresh(database, zone, after="an insert per day of UTC")


@pytest.mark.parametrize("zone", ZONES)
def test_single_readings_leave_and_move_around_midnight(database: Database, zone: str) -> None:
    raw_table(database)
    database.execute(f"create index on {RAW_TABLE} (timestamp)")
    delete = f"delete from {RAW_TABLE} where {THIS_ONE}"
    move = move_in_time(database, "61 minutes", THIS_ONE)
    with database.connect() as connection:
        insert(connection, readings(zone))
        install(database, zone)
        nights = connection.execute(
            f"select timestamp, ahu_id from {RAW_TABLE} where ahu_id in ('AHU01', 'AHU02') "
            "and abs(extract(epoch from (timestamp at time zone %s)::time) - 43200) > 40000 "
            "order by timestamp",
            [zone],
        ).fetchall()
        assert len(nights) > 100
        for number, (at, ahu) in enumerate(nights):
            change = delete if number % 2 else move
            connection.execute(change, {"at": at, "ahu": ahu})
            if number % 10 == 0:
                call(connection)
    refresh(database)
    assert_fresh(database, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_readings_of_one_statement_are_noted_on_their_own_days(
    database: Database, zone: str
) -> None:
    """Two at a time: nothing else in the statement or in the log hides a day named wrongly."""
    raw_table(database)
    install(database, zone)
    near = [reading for reading in readings(zone) if reading[1] == "AHU02"]
    with database.connect() as connection:
        for one, other in zip(near[::7], near[3::7], strict=False):
            insert(connection, [one, other])
    assert pending_entries(database) > 50
    refresh(database)
    assert_fresh(database, zone)


def test_a_reading_just_after_the_clock_went_back_is_noted_on_its_own_day(
    database: Database,
) -> None:
    """Each alone in its statement and of an AHU of its own: nothing hides a day named wrongly."""
    zone = "America/St_Johns"
    raw_table(database)
    install(database, zone)
    with database.connect() as connection:
        for number, (here, text, _) in enumerate(CHANGES):
            near = datetime.fromisoformat(text).replace(tzinfo=UTC)
            for minutes in range(-65, 185, 5) if here == zone else ():
                at = near + timedelta(minutes=minutes)
                insert(connection, [(at, f"AHU{number:02} {minutes}")])
    assert pending_entries(database) == 4 * 50
    refresh(database)
    assert_fresh(database, zone)


def delete_all(connection: psycopg.Connection[Any]) -> None:
    """Every reading, and out of the views."""
    connection.execute(f"delete from {RAW_TABLE}")
    call(connection)
