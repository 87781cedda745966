"""A transaction on a live system: under the install lock, giving way, and tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

from ahu_sql.database import Connection
from ahu_sql.errors import AhuSqlError

INSTALL_LOCK = 7020050002
"""Number of the advisory lock under which installs and uninstalls exclude each other."""

LOCK_TIMEOUT_MS = 1200
"""How long one attempt waits for a lock. The ETL queues behind it for that long, and for the rest
of the transaction, a few tens of milliseconds; so never for two seconds. An autovacuum in the way
is cancelled by the server after one second (deadlock_timeout), so it must be a little longer."""

LONGEST_PATIENCE_S = 86400
"""A day: as milliseconds it must be a number to the server."""

READERS_TIMEOUT_MS = 50
"""How long to wait at each of our objects while the ETL waits as well."""

_PAUSES_S = (0.5, 1.0, 2.0, 3.0)
"""Pauses between attempts, in seconds, in which the ETL gets through; the last one repeats."""

# The last one is "tuple concurrently updated": two installs on one server meet at its roles.
_MEETINGS = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.InternalError_,
)

Result = TypeVar("Result")


def attempt_until(
    connection: Connection,
    work: Callable[[], Result],
    *,
    patience_s: float,
    say: Callable[[str], None],
) -> Result:
    """The result of `work`, done in one transaction that gives way whenever a lock is not free.

    patience_s: how long to go on trying, in seconds. Raises AhuSqlError when that is over.
    """
    deadline = time.monotonic() + patience_s
    attempt = 0
    while True:
        try:
            with _exclusive_transaction(connection, patience_s):
                return work()
        except _MEETINGS as error:
            pause = _PAUSES_S[min(attempt, len(_PAUSES_S) - 1)]
            attempt += 1
            if time.monotonic() + pause > deadline:
                raise AhuSqlError(
                    f"a lock was not free within {patience_s:g} seconds",
                    detail=f"{error.diag.message_primary} ({attempt} attempts). "
                    + holders(connection),
                    hint="Run it again when those sessions are done, or wait longer: "
                    f"--patience {min(patience_s * 10, LONGEST_PATIENCE_S):g}",
                    exit_code=1,
                ) from error
            say(f"a lock is not free, trying again in {pause:g} s")
            time.sleep(pause)


@contextmanager
def _exclusive_transaction(connection: Connection, patience_s: float) -> Iterator[None]:
    with connection.transaction():
        connection.execute("set local client_min_messages = warning")
        connection.execute("set local search_path = pg_catalog, pg_temp")
        connection.execute("set local statement_timeout = 0")
        connection.execute("set local standard_conforming_strings = on")
        # What is compared as text, and remembered as such, is written one way.
        connection.execute("set local quote_all_identifiers = off")
        _set_lock_timeout(connection, max(1, round(patience_s * 1000)))
        connection.execute("select pg_catalog.pg_advisory_xact_lock(%s)", (INSTALL_LOCK,))
        _set_lock_timeout(connection, LOCK_TIMEOUT_MS)
        yield


def _set_lock_timeout(connection: Connection, milliseconds: int) -> None:
    connection.execute(
        "select pg_catalog.set_config('lock_timeout', %s, true)", (str(milliseconds),)
    )


def holders(connection: Connection) -> str:
    """A sentence that names the sessions that hold locks on tables for longest."""
    rows = connection.execute(
        """
        select
            a.pid,
            a.usename,
            coalesce(nullif(a.application_name, ''), 'unnamed'),
            pg_catalog.age(pg_catalog.clock_timestamp(), a.xact_start)::interval(0)::text
        from pg_catalog.pg_stat_activity as a
        where a.datname = pg_catalog.current_database()
            and a.pid <> pg_catalog.pg_backend_pid()
            and a.xact_start is not null
        order by a.xact_start
        limit 3
        """
    ).fetchall()
    if not rows:
        return "No transaction is open now."
    sessions = ", ".join(f"process {p} ({u}, {name}) for {age}" for p, u, name, age in rows)
    return f"The oldest open transactions: {sessions}."
