"""A refresh after one batch of today, after one late reading, and with nothing to do; at several
lengths of history.

All plants are there at once. In each round each of them gets the change, and every contender brings
its answers up to date, in another order each time; those that go through all of history only in the
last rounds. The last change is a batch after which all of them are up to date. Then the batches are
corrected, one by one, by those who can follow that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from ahu_sql.console import say
from bench.answers import assert_same_answers
from bench.clock import Session, timed
from bench.contenders import (
    NATIVE,
    REFRESH,
    Added,
    Aggregates,
    Bare,
    Contender,
    Ours,
    ThreeViews,
)
from bench.plans import explain_reads
from bench.results import Key, Results
from bench.servers_measured import MEASURED
from bench.sites import Change, Readings, build, has_aggregates
from bench.sizes import Size
from bench.turns import in_turn
from databases import Database, fresh_database
from servers.running import RunningServer

SCENARIO = "refresh"
BATCH, LATE, NOTHING = "batch", "late reading", "nothing pending"
NEW_SESSION = "late reading, new session"
CORRECTED = "batch corrected"

OTHER_CHANGES = 1000
"""What numbers them apart from those of the rounds."""


@dataclass(frozen=True)
class History:
    """One plant, and who competes on it. sessions: one for each of its databases."""

    database: Database
    readings: Readings
    contenders: tuple[Contender, ...]
    sessions: tuple[Session, ...]

    def apply(self, change: Change) -> None:
        """What the ETL does."""
        for session in self.sessions:
            session.execute(change.statement)


def measure(server: str, running: RunningServer, size: Size, results: Results) -> None:
    """All histories of the size, interleaved."""
    with ExitStack() as stack:
        histories = []
        for days in _histories(server, size):
            readings = Readings(size.ahus, days)
            say(f"{server}: a plant with {readings.count:,} readings")
            histories.append(stack.enter_context(_history(server, running, readings)))
        say(f"{server}: {size.rounds} rounds of refreshes")
        for number in range(size.rounds + 1):
            for history in histories:
                _round(server, history, number, size, results)
        for history in histories:
            results.agreed[f"{server} {SCENARIO} {history.readings.count}"] = assert_same_answers(
                history.contenders
            )
        for history in histories:
            _correct(server, history, size, results)
        if not MEASURED[server].one_session:  # which has no auto_explain
            last = histories[-1]
            explain_reads(server, last.sessions[0], last.readings, size.rounds + 1, results)


def _histories(server: str, size: Size) -> tuple[int, ...]:
    return (size.one_session_days,) if MEASURED[server].one_session else size.histories


@contextmanager
def _history(server: str, running: RunningServer, readings: Readings) -> Iterator[History]:
    with ExitStack() as stack:
        database = stack.enter_context(fresh_database(running))
        build(database, readings)
        session = stack.enter_context(timed(database))
        contenders: list[Contender] = [Ours(session), Bare(session), Added(session)]
        sessions = [session]
        if has_aggregates(server):
            contenders.append(Aggregates(session))
        else:
            other = stack.enter_context(fresh_database(running))
            build(other, readings, "--set", "refresh.strategy=native")
            sessions.append(stack.enter_context(timed(other)))
            contenders.append(ThreeViews(session))
            contenders.append(Ours(sessions[-1], NATIVE, follows_history=True))
        for contender in contenders:
            contender.prepare()
        session.execute("vacuum analyze")
        yield History(database, readings, tuple(contenders), tuple(sessions))


def _round(server: str, history: History, number: int, size: Size, results: Results) -> None:
    """number: of the round; what the first one measures is thrown away."""

    def key(case: str, contender: str) -> Key:
        return Key(server, SCENARIO, case, history.readings.count, contender)

    if not MEASURED[server].one_session:
        for name, ms in _in_new_sessions(history, number):
            if number:
                results.add(key(NEW_SESSION, name), ms)
    changes = {LATE: history.readings.late(number), BATCH: history.readings.batch(number)}
    is_slow_round = number > size.rounds - size.slow_rounds
    for case, change in changes.items():
        history.apply(change)
        ways = {
            one.name: partial(one.refresh, change)
            for one in history.contenders
            if not one.follows_history or (case == BATCH and is_slow_round)
        }
        for name, ms in in_turn(ways, number):
            if number:
                results.add(key(case, name), ms)
    ours = history.contenders[0]
    ms = ours.session.ms(REFRESH)
    if number:
        results.add(key(NOTHING, ours.name), ms)


def _correct(server: str, history: History, size: Size, results: Results) -> None:
    """Who only adds has no answer to that, and who follows history takes too long."""
    able = [
        one for one in history.contenders if not (one.follows_history or isinstance(one, Added))
    ]
    for number in range(size.rounds + 1):
        change = history.readings.batch(number)
        history.sessions[0].execute(change.correction)
        for name, ms in in_turn({one.name: partial(one.refresh, change) for one in able}, number):
            if number:
                key = Key(server, SCENARIO, CORRECTED, history.readings.count, name)
                results.add(key, ms)
    assert_same_answers(able)


def _in_new_sessions(history: History, number: int) -> Iterator[tuple[str, float]]:
    """After one late reading, as Airflow comes: nothing is compiled, planned or looked up yet."""
    change = history.readings.late(OTHER_CHANGES + number)
    history.apply(change)
    for contender in history.contenders:
        if isinstance(contender, Ours | Bare) and not contender.follows_history:
            with timed(history.database) as session:
                yield contender.name, replace(contender, session=session).refresh(change)
        elif not contender.follows_history:
            contender.refresh(change)
