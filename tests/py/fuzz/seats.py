"""A session of a program: what it runs may wait for another session, and goes on when that ends."""

from __future__ import annotations

import select
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq

from databases import Database
from fuzz.statements import Statement

GOOD = "00000"
# of two that wait for each other `player` ends the second
_PATIENCE = "set deadlock_timeout = '60s'; set statement_timeout = '60s'"
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.NONFATAL_ERROR)


@dataclass(frozen=True)
class Outcome:
    """How a statement ended. code: its SQLSTATE."""

    code: str = GOOD
    message: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it did what it was to do."""
        return self.code == GOOD

    def is_one_of(self, errors: Iterable[str]) -> bool:
        """Whether it is one of these: SQLSTATEs, or a SQLSTATE and how the message begins."""
        return any(f"{self.code} {self.message}".startswith(error) for error in errors)


class Seat:
    """One open session; number: as it is printed, from 1."""

    def __init__(self, database: Database, number: int) -> None:
        """Opens it."""
        self.number = number
        self._connection: psycopg.Connection[Any] = database.connect()
        self._connection.execute(_PATIENCE)
        self._libpq = self._connection.pgconn
        self.pid = self._libpq.backend_pid
        self.savepoints = 0
        self.is_waiting = False
        self.is_changed = False
        """Whether a setting of the session is."""
        self.statement = Statement("")
        """The last one."""
        self._outcome = Outcome()

    @property
    def is_open(self) -> bool:
        """Whether a transaction is."""
        return self._libpq.transaction_status != pq.TransactionStatus.IDLE

    @property
    def is_aborted(self) -> bool:
        """Whether its transaction can only be undone."""
        return self._libpq.transaction_status == pq.TransactionStatus.INERROR

    def send(self, statement: Statement) -> None:
        """Begins a statement; `outcome` says when it is over."""
        self._outcome, self.statement = Outcome(), statement
        self._libpq.send_query(statement.sql.encode())
        self._libpq.flush()

    def outcome(self, patience_s: float) -> Outcome | None:
        """How the statement ended; None: it has not, for so long."""
        while True:
            while not self._libpq.is_busy():
                result = self._libpq.get_result()
                if result is None:
                    return self._outcome
                if result.status == pq.ExecStatus.COPY_IN:
                    lines = "".join(f"{line}\n" for line in self.statement.copied or ())
                    self._libpq.put_copy_data(lines.encode())
                    self._libpq.put_copy_end()
                    self._libpq.flush()
                elif result.status in _FAILED and self._outcome.is_good:
                    self._outcome = _failure(result)
            if not select.select([self._libpq.socket], [], [], patience_s)[0]:
                return None
            self._libpq.consume_input()

    def cancel(self) -> None:
        """Ends the statement that runs with an error."""
        self._connection.cancel_safe()

    def abandon(self) -> None:
        """Whatever it is at, it is no more."""
        if self._libpq.transaction_status == pq.TransactionStatus.ACTIVE:
            self.cancel()
            assert self.outcome(60.0), "a statement cannot be cancelled"
        if self.is_open:
            self._connection.execute("rollback")
        self.is_waiting, self.savepoints = False, 0

    def reset(self) -> None:
        """As a new session would be."""
        if self.is_changed:
            self._connection.execute(f"reset all; {_PATIENCE}")
            self.is_changed = False

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()


def _failure(result: Any) -> Outcome:
    def field(name: pq.DiagnosticField) -> str:
        return (result.error_field(name) or b"").decode()

    context = field(pq.DiagnosticField.CONTEXT)
    return Outcome(
        field(pq.DiagnosticField.SQLSTATE),
        field(pq.DiagnosticField.MESSAGE_PRIMARY) + (f" ({context})" if context else ""),
    )
