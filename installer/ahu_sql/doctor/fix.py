"""Builds the indexes that are missing, while everybody writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread

import psycopg

from ahu_sql.console import progress_on_terminal
from ahu_sql.database import Connection, connect
from ahu_sql.doctor.facts import RawTable
from ahu_sql.doctor.indexes import Need, Step, plan
from ahu_sql.errors import AhuSqlError
from ahu_sql.transaction import LONGEST_PATIENCE_S, attempt_until, holders

FIX_LOCK = 7020050003
"""Number of the advisory lock by which two fixes keep out of each other's way. A session's: what
builds an index concurrently is in no transaction; it goes with the connection."""

_LOOK_EVERY_S = 2.0
_PAUSE_S = 1.0
_MOST_ROUNDS = 10
"""One is enough, unless partitions or chunks come faster than they are indexed."""

_MEETINGS = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    # A partition or chunk came, went or got an index meanwhile.
    psycopg.errors.DuplicateTable,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedObject,
)

Say = Callable[[str], None]


class Fix:
    """One run. done: the statements that were carried out, in their order."""

    def __init__(
        self,
        connection: Connection,
        dsn: str | None,
        look: Callable[[], RawTable],
        *,
        patience_s: float,
        say: Say,
    ) -> None:
        """look: reads the raw table anew. patience_s: how long to go on trying at one statement."""
        self.connection = connection
        self.dsn = dsn
        self.look = look
        self.patience_s = patience_s
        self.say = say
        self.done: list[str] = []
        self._deadline = 0.0

    def build(self, needs: Sequence[Need]) -> None:
        """Until each need is met everywhere: then there is no step any more. What was interrupted
        is gone on with. Raises AhuSqlError where somebody is in the way for too long."""
        with _alone(self.connection):
            for need in needs:
                self._deadline = time.monotonic() + self.patience_s
                rounds = 0
                while steps := plan(self.look(), need):
                    rounds += self._carry_out(steps)
                    if rounds > _MOST_ROUNDS:
                        raise _never_ends(steps[0].statement)

    def _carry_out(self, steps: Sequence[Step]) -> bool:
        """All of them, or as many as nobody is in the way of; whether it was all."""
        for step in steps:
            self.say(step.statement)
            try:
                (self._give_way if step.is_brief else self._wait)(step.statement)
            except _MEETINGS as error:
                # The next look finds what is left of it, and begins with dropping that.
                reason = str(error.diag.message_primary)
                if time.monotonic() + _PAUSE_S > self._deadline:
                    raise self._too_long(step.statement, reason) from error
                self.say(f"{reason}; trying again in {_PAUSE_S:g} s")
                time.sleep(_PAUSE_S)
                return False
            self.done.append(step.statement)
            if not step.statement.startswith("drop "):
                self._deadline = time.monotonic() + self.patience_s
        return True

    def _give_way(self, statement: str) -> None:
        attempt_until(
            self.connection,
            lambda: self.connection.execute(statement.encode()),
            patience_s=self.patience_s,
            say=self.say,
        )

    def _wait(self, statement: str) -> None:
        """Waits for transactions that were there before, and nobody waits for it meanwhile."""
        patience_ms = max(1, round(self.patience_s * 1000))
        self.connection.execute("set statement_timeout = 0")
        self.connection.execute(f"set lock_timeout = {patience_ms}".encode())
        with _watched(self.dsn, self.connection.info.backend_pid, self.say):
            self.connection.execute(statement.encode())

    def _too_long(self, statement: str, reason: str) -> AhuSqlError:
        return AhuSqlError(
            f"an index could not be built within {self.patience_s:g} seconds",
            detail=f"{statement} {reason}. {holders(self.connection)}",
            hint="Run it again when those sessions are done, or wait longer: ahu-sql doctor --fix "
            f"--patience {min(self.patience_s * 10, LONGEST_PATIENCE_S):g}",
            exit_code=1,
        )


def _never_ends(statement: str) -> AhuSqlError:
    return AhuSqlError(
        "an index was built, and is missing still",
        detail=f"After {_MOST_ROUNDS} rounds the next statement is: {statement}",
        hint="Look what becomes of it: select indexrelid::regclass, indisvalid from pg_index",
        exit_code=1,
    )


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    row = connection.execute("select pg_catalog.pg_try_advisory_lock(%s)", (FIX_LOCK,)).fetchone()
    if not (row and row[0]):
        raise AhuSqlError(
            "another ahu-sql doctor --fix is at work in this database",
            detail="Two would build the same indexes.",
            hint="Wait for it: select * from pg_stat_progress_create_index",
            exit_code=1,
        )
    try:
        yield
    finally:
        with suppress(psycopg.Error):
            connection.execute("select pg_catalog.pg_advisory_unlock(%s)", (FIX_LOCK,))


@contextmanager
def _watched(dsn: str | None, pid: int, say: Say) -> Iterator[None]:
    """Shows how far a build is, once it takes longer than a moment."""
    is_over = Event()
    thread = Thread(target=_watch, args=(dsn, pid, say, is_over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _watch(dsn: str | None, pid: int, say: Say, is_over: Event) -> None:
    """In a session of its own; where there is none to be had, the build goes on unseen."""
    if is_over.wait(_LOOK_EVERY_S):
        return
    told = ""
    with (
        suppress(AhuSqlError),
        connect(dsn) as connection,
        progress_on_terminal("build, in percent") as move,
    ):
        while not is_over.is_set():
            row = connection.execute(_PROGRESS, (pid,)).fetchone()
            phase, share, locker = row or ("", 0.0, None)
            if phase.startswith("waiting") and phase != told:
                told = phase
                say(f"{phase}" + (f": process {locker}" if locker else ""))
            elif phase in _PHASES:
                begin, end = _PHASES[phase]
                move(round(begin + share * (end - begin)), 100)
            is_over.wait(_LOOK_EVERY_S)


_PHASES = {
    "building index: scanning table": (0, 40),
    "building index: sorting live tuples": (40, 50),
    "building index: loading tuples in tree": (50, 70),
    "index validation: scanning index": (70, 80),
    "index validation: scanning table": (80, 100),
}
"""What share of the whole each takes, in percent: roughly, so that the bar never goes back."""

_PROGRESS = """
    select
        coalesce(p.phase, ''),
        coalesce(
            p.blocks_done::float8 / nullif(p.blocks_total, 0),
            p.tuples_done::float8 / nullif(p.tuples_total, 0),
            0
        ),
        nullif(p.current_locker_pid, 0)
    from pg_catalog.pg_stat_progress_create_index as p
    where p.pid = %s
"""
