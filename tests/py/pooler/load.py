"""A crowd of dashboards beside an ETL, and what it costs: the same load for every way in.

Most readers keep their connection, as an engine with a pool does; some open a new one for each
question, as the plant's dashboard does; and some are killed in mid-query, as browsers' tabs are.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from databases import Database
from plant import RAW_TABLE

QUESTIONS = (
    "select day, ahu_id, total_cost from ahu.mv_daily_ahu_costs "
    "where day > date '2024-01-25' - %s::int order by day, ahu_id limit 100",
    "select month, ahu_id, total_cost from ahu.mv_monthly_ahu_costs where %s::int > 0",
    "select day, hcv_kwh, ccv_kwh from ahu.mv_daily_ahu_kwh "
    "where ahu_id = 'AHU' || to_char(%s::int, 'FM00') order by day",
)
SLOW_QUESTION = "select pg_sleep(5) from ahu.mv_daily_ahu_costs limit 1"
THINKING_S = 0.2  # on average, between two questions of a reader
ONE_IN_RECONNECTS = 10
KILLED_PER_SECOND = 10
DESK = random.Random(4)


@dataclass
class Outcome:
    """What a load saw. waits: seconds from question to answer, login included where there was one.

    served: answers by reader. peaks: the most backends at once, by role, of 100 looks a second.
    """

    waits: list[float] = field(default_factory=list)
    served: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    killed: int = 0
    refreshes: list[float] = field(default_factory=list)
    peaks: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def row(self) -> tuple[object, ...]:
        """For the table, after the way: see COLUMNS; the last but one are the most backends."""
        cuts = statistics.quantiles(self.waits, n=100)
        return (
            round(len(self.waits) / self.seconds),
            round(cuts[49] * 1000, 1),
            round(cuts[98] * 1000, 1),
            self.killed,
            len(self.refreshes),
            round(statistics.median(self.refreshes) * 1000, 1),
            self.peaks.get("ahu_read", 0),
            self.peaks.get("ahu_write", 0),
            self.peaks.get("ahu_pgbouncer", 0),
            sum(self.errors.values()),
        )


COLUMNS = (
    "way",
    "answers/s",
    "p50 ms",
    "p99 ms",
    "killed",
    "refreshes",
    "each ms",
    "read",
    "write",
    "look-up",
    "errors",
)

table_of_ways: list[tuple[object, ...]] = []
"""What was measured in this run, a row each, for the summary."""
prices_of_strict: list[str] = []
"""The same of the strict option, a line each."""


def run_load(
    database: Database, dsn: Callable[[str], str], *, readers: int, seconds: float
) -> Outcome:
    """dsn: how to get in as ahu_read or ahu_write. Errors are counted, and end nobody."""
    outcome = Outcome()
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(database, stop, outcome.peaks))
    etl = threading.Thread(target=_etl, args=(dsn("ahu_write"), stop, outcome))
    watcher.start()
    etl.start()
    began = time.monotonic()
    try:
        asyncio.run(_crowd(dsn("ahu_read"), began + seconds, readers, outcome))
    finally:
        outcome.seconds = time.monotonic() - began
        stop.set()
        etl.join()
        watcher.join()
    return outcome


async def _crowd(dsn: str, until: float, readers: int, outcome: Outcome) -> None:
    everybody = [_reader(dsn, number, until, outcome) for number in range(readers - 1)]
    await asyncio.gather(*everybody, _killed_readers(dsn, until, outcome))


async def _reader(dsn: str, number: int, until: float, outcome: Outcome) -> None:
    reconnects = number % ONE_IN_RECONNECTS == 0
    session: psycopg.AsyncConnection[tuple[object, ...]] | None = None
    while time.monotonic() < until:
        await asyncio.sleep(DESK.expovariate(1 / THINKING_S))
        began = time.monotonic()
        try:
            if session is None:
                session = await _open(dsn)
            question = DESK.choice(QUESTIONS)
            cursor = await session.execute(question, [DESK.randint(1, 45)])
            await cursor.fetchall()
            outcome.waits.append(time.monotonic() - began)
            outcome.served[number] += 1
            if reconnects:
                await session.close()
                session = None
        except psycopg.Error as error:
            outcome.errors[str(error)] += 1
            session = None
    if session:
        await session.close()


async def _killed_readers(dsn: str, until: float, outcome: Outcome) -> None:
    """One place for people who go in the middle of a slow query, one after the other."""
    while time.monotonic() < until:
        try:
            session = await _open(dsn)
            query = asyncio.ensure_future(session.execute(SLOW_QUESTION))
            await asyncio.sleep(0.5 / KILLED_PER_SECOND)
            with socket.socket(fileno=os.dup(session.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
            await asyncio.gather(query, return_exceptions=True)
            outcome.killed += 1
            outcome.served[-1] += 1
        except psycopg.Error as error:
            outcome.errors[str(error)] += 1
        await asyncio.sleep(0.5 / KILLED_PER_SECOND)


async def _open(dsn: str) -> psycopg.AsyncConnection[tuple[object, ...]]:
    return await psycopg.AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=None)


def _etl(dsn: str, stop: threading.Event, outcome: Outcome) -> None:
    """A batch of 45 readings, then the refresh, again and again."""
    minute = 0
    while not stop.is_set():
        try:
            with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as session:
                while not stop.is_set():
                    minute += 1
                    session.execute(
                        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                        "select '2024-02-01 00:00+09'::timestamptz + %s * interval '1 minute', "
                        "'AHU' || to_char(n, 'FM00'), n from generate_series(1, 45) as n",
                        [minute],
                    )
                    began = time.monotonic()
                    session.execute("call ahu.refresh_dashboard_views()")
                    outcome.refreshes.append(time.monotonic() - began)
                    stop.wait(0.1)
        except psycopg.Error as error:
            outcome.errors[f"ETL: {error}"] += 1
            stop.wait(0.2)


def _watch(database: Database, stop: threading.Event, peaks: dict[str, int]) -> None:
    backends = (
        "select usename::text, count(*) from pg_stat_activity "
        "where starts_with(usename, 'ahu_') group by 1"
    )
    with database.connect() as session:
        while not stop.is_set():
            for role, count in session.execute(backends):
                peaks[role] = max(peaks.get(role, 0), count)
            stop.wait(0.01)
