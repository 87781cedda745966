"""Servers as they are measured, and plants on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bench.servers_measured import MEASURED
from bench.sql import ZONE
from databases import Database
from plant import COLUMNS, RAW_TABLE, plant_readings, raw_table
from product import install_product
from servers.catalogue import Server
from servers.running import RunningServer

SETTINGS = {
    "shared_buffers": "2GB",
    "fsync": "on",
    "autovacuum": "off",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
}
"""Else as PostgreSQL comes, without JIT. No checkpoint and no vacuum hits one contender alone."""

FIRST_DAY = date(2024, 1, 1)
MINUTES = 6
PER_DAY = 24 * 60 // MINUTES
OTHERS = ", ".join(COLUMNS[1:])


@contextmanager
def started(server: Server) -> Iterator[RunningServer]:
    """With the settings above, where it takes any."""
    running = server.start() if server.one_session else server.start_own(SETTINGS)
    with running:
        yield running


def has_aggregates(server: str) -> bool:
    """Whether the server's licence has continuous aggregates."""
    return MEASURED[server].timescaledb == "community"


@dataclass(frozen=True)
class Change:
    """New readings of one instant, of one AHU or (None) all. like: whose values they have."""

    day: date
    ahu_id: str | None
    at: datetime
    like: datetime

    @property
    def these(self) -> str:
        """The condition that they alone meet."""
        return f"timestamp = '{self.at.isoformat()}'" + self._and_ahu

    @property
    def statement(self) -> str:
        """The ETL's."""
        return self.statement_on(RAW_TABLE)

    def statement_on(self, table: str) -> str:
        """The same on another table with the same readings."""
        return (
            f"insert into {table} (timestamp, {OTHERS}) "
            f"select '{self.at.isoformat()}', {OTHERS} from {table} "
            f"where timestamp = '{self.like.isoformat()}'" + self._and_ahu
        )

    @property
    def correction(self) -> str:
        """The ETL has a better cost for them."""
        return (
            f"update {RAW_TABLE} set sf_cost_krw = coalesce(sf_cost_krw, 0) + 1 where {self.these}"
        )

    @property
    def _and_ahu(self) -> str:
        return f" and ahu_id = '{self.ahu_id}'" if self.ahu_id else ""


@dataclass(frozen=True)
class Readings:
    """Of a plant: so many AHUs, days and minutes between two readings."""

    ahus: int
    days: int
    minutes: int = MINUTES

    @property
    def count(self) -> int:
        """How many."""
        return self.ahus * self.days * 24 * 60 // self.minutes

    @property
    def today(self) -> date:
        """The last day."""
        return FIRST_DAY + timedelta(days=self.days - 1)

    def batch(self, number: int) -> Change:
        """A new reading of each AHU, at the end of today; number: another for each change."""
        like = _local(self.today + timedelta(days=1)) - timedelta(minutes=self.minutes)
        return Change(self.today, None, _seconds_after(like, number), like)

    def late(self, number: int) -> Change:
        """A new reading of one AHU, on a day in the first half of history."""
        day = FIRST_DAY + timedelta(days=(7 * number) % max(self.days // 2, 1))
        like = _local(day) + timedelta(hours=12)
        ahu_id = f"AHU{number % self.ahus + 1:02}"
        return Change(day, ahu_id, _seconds_after(like, number), like)


def _local(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(ZONE))


def _seconds_after(at: datetime, number: int) -> datetime:
    return at + timedelta(seconds=number + 1)


def build(database: Database, readings: Readings, *options: str) -> None:
    """The plant's raw table with its readings, and ahu-sql with everything folded."""
    raw_table(database, primary_key=True)
    plant_readings(
        database,
        ahus=readings.ahus,
        days=readings.days,
        first_day=FIRST_DAY,
        minutes=readings.minutes,
        zone=ZONE,
    )
    # as they come in over time, not an AHU after the other
    database.execute(f"cluster {RAW_TABLE} using energy_readings_pkey")
    database.execute(f"vacuum analyze {RAW_TABLE}")
    install_product(database.dsn, *options)
    database.execute("create schema bench")
    database.execute("vacuum analyze")
