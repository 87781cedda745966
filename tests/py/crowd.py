"""A crowd of dashboards beside an ETL, and what everybody waits: one load, for every way in.

Most readers keep their connection, as an engine with a pool does; some open a new one for each
question, as the plant's dashboard does.
"""

from __future__ import annotations

import asyncio
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

ONE_IN_RECONNECTS = 10

Session = psycopg.AsyncConnection[tuple[object, ...]]


@dataclass(frozen=True)
class Question:
    """What a dashboard asks. values: by chance. weight: how often, against the others."""

    name: str
    statement: str
    values: Callable[[random.Random], Sequence[object]]
    weight: int = 1


@dataclass(frozen=True)
class Crowd:
    """Readers who ask, think for `thinking_s` on average, and ask again.

    patience_s: how long after the end an answer is waited for, before the question is given up.
    """

    dsn: str
    readers: int
    questions: Sequence[Question]
    thinking_s: float
    patience_s: float = 60.0


@dataclass(frozen=True)
class Step:
    """A statement of an ETL, and how long it does nothing after it."""

    name: str
    statement: str
    values: Mapping[str, object] = field(default_factory=dict)
    pause_s: float = 0.0


@dataclass(frozen=True)
class Etl:
    """One session of an ETL. steps: without end; another run goes on where the last one ended."""

    dsn: str
    steps: Iterator[Step]


@dataclass(frozen=True)
class Watch:
    """Who looks on. question: gives names and counts, whose highest values are kept."""

    dsn: str
    question: str
    every_s: float


@dataclass
class Outcome:
    """What a load saw.

    waits: seconds from question to answer by question, login included where there was one; of what
    was given up, until then. served: answers by reader. errors: by what they said.
    steps: seconds that the ETL's statements took. peaks: the highest counts that were seen.
    """

    waits: dict[str, list[float]] = field(default_factory=dict)
    given_up: int = 0
    served: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    steps: dict[str, list[float]] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def all_waits(self) -> list[float]:
        """Of all questions."""
        return [wait for some in self.waits.values() for wait in some]


def percentile(waits: Sequence[float], percent: int) -> float:
    """The shortest wait that so many percent of all do not exceed; of nothing it is infinite."""
    if not waits:
        return math.inf
    return sorted(waits)[math.ceil(len(waits) * percent / 100) - 1]


Guest = Callable[[float, Outcome], Awaitable[None]]


def run_load(
    crowd: Crowd,
    etls: Sequence[Etl],
    watch: Watch | None,
    *,
    seconds: float,
    guests: Sequence[Guest] = (),
) -> Outcome:
    """All of them at once. Errors are counted, and end nobody.

    guests: more people, each told until when, in seconds of the monotonic clock.
    """
    outcome = Outcome()
    stop = threading.Event()
    threads = [threading.Thread(target=_feed, args=(etl, stop, outcome)) for etl in etls]
    if watch:
        threads.append(threading.Thread(target=_look_on, args=(watch, stop, outcome)))
    for thread in threads:
        thread.start()
    began = time.monotonic()
    try:
        asyncio.run(_gather(crowd, guests, began + seconds, outcome))
    finally:
        outcome.seconds = time.monotonic() - began
        stop.set()
        for thread in threads:
            thread.join()
    return outcome


async def open_session(dsn: str) -> Session:
    """As pools that carry no prepared statements want it."""
    return await psycopg.AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=None)


async def _gather(crowd: Crowd, guests: Sequence[Guest], until: float, outcome: Outcome) -> None:
    everybody = [
        asyncio.ensure_future(one)
        for one in (
            *(_reader(crowd, number, until, outcome) for number in range(crowd.readers)),
            *(guest(until, outcome) for guest in guests),
        )
    ]
    _, late = await asyncio.wait(everybody, timeout=until - time.monotonic() + crowd.patience_s)
    for one in late:
        one.cancel()
    for ended in await asyncio.gather(*everybody, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _reader(crowd: Crowd, number: int, until: float, outcome: Outcome) -> None:
    dice = random.Random(number)
    weights = [question.weight for question in crowd.questions]
    session: Session | None = None
    while True:
        thinking = dice.expovariate(1 / crowd.thinking_s)
        await asyncio.sleep(min(thinking, max(until - time.monotonic(), 0)))
        if time.monotonic() >= until:
            break
        (question,) = dice.choices(crowd.questions, weights)
        began = time.monotonic()
        is_over = number % ONE_IN_RECONNECTS == 0
        try:
            session = session or await open_session(crowd.dsn)
            # all of the answer is here then; what Python makes of it is the client's time
            await session.execute(question.statement, question.values(dice))
            outcome.waits.setdefault(question.name, []).append(time.monotonic() - began)
            outcome.served[number] += 1
        except psycopg.Error as error:
            outcome.errors[str(error)] += 1
            is_over = True
        except asyncio.CancelledError:
            outcome.waits.setdefault(question.name, []).append(time.monotonic() - began)
            outcome.given_up += 1
            break
        if is_over and session:
            await session.close()
            session = None
    if session:
        await session.close()


def _feed(etl: Etl, stop: threading.Event, outcome: Outcome) -> None:
    while not stop.is_set():
        try:
            with psycopg.connect(etl.dsn, autocommit=True, prepare_threshold=None) as session:
                while not stop.is_set():
                    step = next(etl.steps)
                    began = time.monotonic()
                    session.execute(step.statement, step.values or None)
                    taken = time.monotonic() - began
                    outcome.steps.setdefault(step.name, []).append(taken)
                    stop.wait(step.pause_s)
        except psycopg.Error as error:
            outcome.errors[f"ETL: {error}"] += 1
            stop.wait(0.2)


def _look_on(watch: Watch, stop: threading.Event, outcome: Outcome) -> None:
    try:
        with psycopg.connect(watch.dsn, autocommit=True) as session:
            while not stop.is_set():
                for name, count in session.execute(watch.question):
                    outcome.peaks[name] = max(outcome.peaks.get(name, 0), count)
                stop.wait(watch.every_s)
    except psycopg.Error as error:
        outcome.errors[f"looking on: {error}"] += 1
