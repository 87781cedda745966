"""Zones and the changes of their clocks, and the times near them where days go wrong.

Old changes on purpose: about these all releases of the time zone data agree.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

CHANGES: dict[str, dict[str, str]] = {
    "Africa/Casablanca": {
        "2013-07-07 02:00": "an hour back for Ramadan",
        "2013-08-10 02:00": "and forward again",
    },
    "America/Havana": {
        "1998-03-29 05:00": "midnight does not exist",
        "1999-10-31 05:00": "from 01:00 back to midnight",
    },
    "America/New_York": {
        "2007-03-11 07:00": "an hour forward in the night",
        "2007-11-04 06:00": "an hour back in the night",
    },
    "America/Sao_Paulo": {
        "2010-10-17 03:00": "midnight does not exist",
        "2011-02-20 02:00": "from midnight back to 23:00 the day before",
    },
    "America/St_Johns": {
        "1988-10-30 01:31": "from 00:01 two hours back to 22:01 the day before",
        "2006-04-02 03:31": "at 00:01 one hour forward",
    },
    "Asia/Gaza": {
        "2011-03-31 22:01": "at 00:01 one hour forward, on the first of a month",
        "2011-07-31 21:00": "from the first of a month back to the last",
    },
    "Asia/Kathmandu": {"1985-12-31 18:30": "a quarter of an hour forward at midnight, New Year"},
    "Asia/Seoul": {
        "1987-05-09 17:00": "an hour forward",
        "1988-10-08 17:00": "an hour back",
    },
    "Asia/Tehran": {
        "2008-03-20 20:30": "midnight does not exist",
        "2008-09-20 19:30": "from midnight back to 23:00 the day before",
    },
    "Australia/Lord_Howe": {
        "2005-10-29 15:30": "half an hour forward",
        "2006-04-01 15:00": "half an hour back",
    },
    "Europe/Dublin": {
        "1972-03-19 02:00": "an hour forward",
        "1971-10-31 02:00": "an hour back",
    },
    "Europe/Prague": {
        "2020-03-29 01:00": "an hour forward in the night",
        "2020-10-25 01:00": "an hour back in the night",
    },
    "Pacific/Apia": {"2011-12-30 10:00": "30 December 2011 does not exist"},
    "Pacific/Kiritimati": {"1994-12-31 10:00": "31 December 1994 does not exist"},
    "UTC": {"2000-02-29 00:00": "no change, but a leap day"},
}
"""By zone the times of UTC at which its clock is changed, and what happens there."""

SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
_AROUND = [timedelta(minutes=minutes) for minutes in (-61, -29, 0, 1, 31, 59, 61)]


def changes(zone: str) -> tuple[datetime, ...]:
    """The instants of a zone's changes."""
    return tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in CHANGES[zone])


def instants(zone: str, change: datetime) -> tuple[datetime, ...]:
    """Times worth a reading, the most ordinary first: most of them close to a midnight."""
    site = ZoneInfo(zone)
    middle = change.astimezone(site).date()
    days = [middle + timedelta(days=days) for days in (0, 1, -1, 2)]
    found = [_local(site, day, hours=12) for day in days[:3]]
    for day in days:
        midnight = _local(site, day)
        found += [midnight, midnight - TICK, midnight + 30 * 60 * SECOND]
    found += [change + away for away in _AROUND] + [change - TICK]
    # another month, another year, and the midnight of UTC
    found += [_local(site, middle + timedelta(days=days), hours=9) for days in (40, 400)]
    found.append(change.replace(hour=0, minute=0) + timedelta(days=1))
    return tuple(dict.fromkeys(found))


def local_day(zone: str, instant: datetime) -> date:
    """The calendar date there."""
    return instant.astimezone(ZoneInfo(zone)).date()


def _local(site: ZoneInfo, day: date, hours: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hours, tzinfo=site).astimezone(UTC)
