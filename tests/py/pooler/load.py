"""200 readers and an ETL, and people who go in mid-query, as browsers' tabs are closed."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import statistics
import time
from collections.abc import Callable, Iterator

import psycopg

from crowd import Crowd, Etl, Outcome, Question, Step, Watch, open_session, percentile, run_load
from databases import Database
from plant import RAW_TABLE

QUESTIONS = tuple(
    Question(name, statement, lambda dice: [dice.randint(1, 45)])
    for name, statement in {
        "costs per day": "select day, ahu_id, total_cost from ahu.mv_daily_ahu_costs "
        "where day > date '2024-01-25' - %s::int order by day, ahu_id limit 100",
        "costs per month": "select month, ahu_id, total_cost from ahu.mv_monthly_ahu_costs "
        "where %s::int > 0",
        "kWh per day": "select day, hcv_kwh, ccv_kwh from ahu.mv_daily_ahu_kwh "
        "where ahu_id = 'AHU' || to_char(%s::int, 'FM00') order by day",
    }.items()
)
SLOW_QUESTION = "select pg_sleep(5) from ahu.mv_daily_ahu_costs limit 1"
BACKENDS = (
    "select usename::text, count(*) from pg_stat_activity "
    "where starts_with(usename, 'ahu_') group by 1"
)
THINKING_S = 0.2  # on average, between two questions of a reader
KILLED_PER_SECOND = 10
KILLED = -1
"""The number of the reader in whose place people go in mid-query, one after the other."""
REFRESH = "refresh"

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


def run_busy_load(
    database: Database, dsn: Callable[[str], str], *, readers: int, seconds: float
) -> Outcome:
    """dsn: how to get in as ahu_read or ahu_write. Looks at the backends 100 times a second."""

    async def killed_readers(until: float, outcome: Outcome) -> None:
        await _killed_readers(dsn("ahu_read"), until, outcome)

    return run_load(
        Crowd(dsn("ahu_read"), readers - 1, QUESTIONS, THINKING_S),
        [Etl(dsn("ahu_write"), _steps())],
        Watch(database.dsn, BACKENDS, every_s=0.01),
        seconds=seconds,
        guests=[killed_readers],
    )


def row_of(outcome: Outcome) -> tuple[object, ...]:
    """For the table, after the way: see COLUMNS; the last but one are the most backends."""
    waits, refreshes = outcome.all_waits, outcome.steps[REFRESH]
    return (
        round(len(waits) / outcome.seconds),
        round(percentile(waits, 50) * 1000, 1),
        round(percentile(waits, 99) * 1000, 1),
        outcome.served[KILLED],
        len(refreshes),
        round(statistics.median(refreshes) * 1000, 1),
        outcome.peaks.get("ahu_read", 0),
        outcome.peaks.get("ahu_write", 0),
        outcome.peaks.get("ahu_pgbouncer", 0),
        sum(outcome.errors.values()),
    )


async def _killed_readers(dsn: str, until: float, outcome: Outcome) -> None:
    while time.monotonic() < until:
        try:
            session = await open_session(dsn)
            query = asyncio.ensure_future(session.execute(SLOW_QUESTION))
            await asyncio.sleep(0.5 / KILLED_PER_SECOND)
            with socket.socket(fileno=os.dup(session.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
            await asyncio.gather(query, return_exceptions=True)
            outcome.served[KILLED] += 1
        except psycopg.Error as error:
            outcome.errors[str(error)] += 1
        await asyncio.sleep(0.5 / KILLED_PER_SECOND)


def _steps() -> Iterator[Step]:
    """A batch of 45 readings, then the refresh, again and again."""
    for minute in itertools.count(1):
        yield Step(
            "45 readings",
            f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
            "select '2024-02-01 00:00+09'::timestamptz + %(minute)s * interval '1 minute', "
            "'AHU' || to_char(n, 'FM00'), n from generate_series(1, 45) as n",
            {"minute": minute},
        )
        yield Step(REFRESH, "call ahu.refresh_dashboard_views()", pause_s=0.1)
