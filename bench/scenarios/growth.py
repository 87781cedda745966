"""A large plant beside an ordinary one: refreshes and dashboards, and what all of it weighs.

Raw readings are of two days, of which one gets the batches and one the late readings; the years
before stand in the rollups alone. Sizes are keys, that is rows of the daily rollup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from ahu_sql.console import say
from bench.clock import Session, timed
from bench.contenders import OURS, REFRESH
from bench.results import Key, Results
from bench.scenarios.dashboards import QUESTIONS, Question, questions
from bench.servers_measured import MEASURED
from bench.sites import FIRST_DAY, Readings, build
from bench.sizes import Plant, Size
from bench.sql import lengthen
from bench.turns import in_turn
from databases import fresh_database
from plant import RAW_TABLE
from servers.running import RunningServer

SCENARIO = "growth"
BATCH, LATE, STATEMENT = "batch", "late reading", "the batch's own statement"
DAILY_ROW, READING, WAL = "a row of the daily rollup", "a raw reading", "WAL of a batch"

RAW_DAYS = 2


@dataclass(frozen=True)
class Grown:
    """One of the two plants."""

    plant: Plant
    readings: Readings
    session: Session
    reader: Session
    asked: tuple[Question, ...]


def measure(server: str, running: RunningServer, size: Size, results: Results) -> None:
    """Both at once, each question asked of one after the other."""
    if MEASURED[server].one_session:
        return
    with ExitStack() as stack:
        grown = [_build(server, running, plant, size, stack) for plant in size.grown]
        for number in range(size.rounds + 1):
            for name, step in _steps(number):
                ways = {str(one.plant.keys): partial(step, one) for one in grown}
                for keys, ms in in_turn(ways, number):
                    if number and name:
                        results.add(Key(server, SCENARIO, name, int(keys), OURS), ms)
        for one in grown:
            _count(server, one, results)
            _weigh(server, one, size.rounds + 1, results)


def _steps(number: int) -> Iterator[tuple[str, Callable[[Grown], float]]]:
    """What is run in a round, by name, on one plant after the other."""
    yield "", lambda one: one.session.ms(one.readings.late(number).statement)
    yield LATE, lambda one: one.session.ms(REFRESH)
    yield STATEMENT, lambda one: one.session.ms(one.readings.batch(number).statement)
    yield BATCH, lambda one: one.session.ms(REFRESH)
    for which, name in enumerate(QUESTIONS):
        yield name, lambda one, which=which: one.reader.ms(one.asked[which].of_view)


def _build(
    server: str, running: RunningServer, plant: Plant, size: Size, stack: ExitStack
) -> Grown:
    say(f"{server}: {plant.ahus:,} AHUs with {plant.days:,} days")
    readings = Readings(plant.ahus, RAW_DAYS)
    database = stack.enter_context(fresh_database(running))
    build(database, readings)
    session = stack.enter_context(timed(database))
    session.execute(lengthen(readings.today - timedelta(days=plant.days - 1), FIRST_DAY))
    session.execute("vacuum analyze")
    reader = stack.enter_context(timed(database))
    reader.plan_as("ahu_read")
    return Grown(plant, readings, session, reader, questions(readings, size.old))


def _count(server: str, one: Grown, results: Results) -> None:
    """How many rows each of the steps touches or answers with."""
    rows = {LATE: 1, BATCH: one.plant.ahus} | {
        question.name: one.session.scalar(f"select count(*) from ({question.of_view}) as q")
        for question in one.asked
    }
    for name, count in rows.items():
        results.add(Key(server, SCENARIO, name, one.plant.keys, OURS, "rows"), count)
    results.add(Key(server, SCENARIO, BATCH, one.plant.keys, OURS, "AHUs"), one.plant.ahus)


def _weigh(server: str, one: Grown, number: int, results: Results) -> None:
    """Bytes on disk, indexes included, and in the log of the server."""

    def add(name: str, size: float) -> None:
        results.add(Key(server, SCENARIO, name, one.plant.keys, OURS, "bytes"), size)

    def bytes_of(table: str) -> float:
        tables = f"select '{table}'::regclass union select inhrelid from pg_inherits "
        return float(
            one.session.scalar(
                f"select sum(pg_total_relation_size(t.oid)) / (select count(*) from {table}) "
                f"from ({tables} where inhparent = '{table}'::regclass) as t (oid)"
            )
        )

    add(DAILY_ROW, bytes_of("_ahu.daily_rollup"))
    add(READING, bytes_of(RAW_TABLE))
    one.session.execute("checkpoint")  # what comes first after one writes whole pages: not here
    for again in range(2):
        before = one.session.scalar("select pg_current_wal_insert_lsn()")
        one.session.execute(one.readings.batch(number + again).statement)
        one.session.execute(REFRESH)
        written = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)"
        if again:
            add(WAL, float(one.session.scalar(written, [before])))
