"""The one module that opens connections, and the one that turns a server's error into ours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ahu_sql import __version__
from ahu_sql.errors import AhuSqlError

Connection = psycopg.Connection[tuple[Any, ...]]

_AGAIN = "Run the same command again: what was committed stays, the rest was undone."
_MISSING = "Somebody dropped, renamed or moved it: ahu-sql plan says what is amiss."
_HINTS = {
    "22007": "Write an interval such as '5 minutes', or 0.",
    "25006": "Connect to the primary; or, where the database is set so: "
    "PGOPTIONS='-c default_transaction_read_only=off' ahu-sql ...",
    # A standby that had to end a query, so that it could replay what its primary has removed.
    "40001": _AGAIN,
    # Something that is not there: of ours, or the raw table.
    "42703": _MISSING,
    "42883": _MISSING,
    "42P01": _MISSING,
    "42501": "Who may: refresh: ahu_write; status: members of pg_monitor; the rest: a superuser, "
    "or the role that installed ahu-sql.",
    # Somebody ended the session, or the server.
    "57P01": _AGAIN,
    "57P02": _AGAIN,
}
"""What to type after an error for which the server itself gives no HINT, by SQLSTATE."""

_POOLED_ROLES = frozenset({"ahu_read", "ahu_write"})
_PIN_SEARCH_PATH: LiteralString = (
    "select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)"
)
"""An operator of somebody who may create one in a schema of ours or of the path would be called
with the rights of whoever runs ahu-sql, a superuser's among them."""

_INTERRUPTED = 130
"""The exit code that shells give to what SIGINT has ended."""

_PATIENCE_S = 10
"""How long to wait for a server that does not answer, in seconds, unless the DSN says otherwise."""


@contextmanager
def connect(dsn: str | None, *, is_console: bool = False) -> Iterator[Connection]:
    """A connection in autocommit mode to `dsn`, or to where libpq's own variables point.

    is_console: it is pgbouncer's console, which knows no SQL. Every error of the server or of the
    connection leaves as AhuSqlError.
    """
    with translated_errors():
        try:
            given = conninfo_to_dict(dsn or "")
        except psycopg.ProgrammingError as error:
            raise AhuSqlError(
                "the connection string is malformed",
                detail=f"{str(error).strip()}.",
                hint="Write --dsn 'host=... dbname=... user=...' or postgresql://user@host/database",
            ) from error
        defaults: dict[str, str | int | None] = {
            "fallback_application_name": f"ahu-sql {__version__}",
            # Names and comments come as text even from a database that says SQL_ASCII.
            "client_encoding": "UTF8",
            "connect_timeout": os.environ.get("PGCONNECT_TIMEOUT", _PATIENCE_S),
        }
        try:
            connection = psycopg.connect(
                make_conninfo("", **{**defaults, **given}), autocommit=True
            )
        except psycopg.OperationalError as error:
            raise AhuSqlError(
                "cannot connect to the server",
                detail=str(error).strip(),
                hint="Name the server with --dsn 'host=... dbname=... user=...' or with libpq's "
                "variables PGHOST, PGDATABASE, PGUSER.",
            ) from error
        with connection:
            # Not for the roles that come through a pool, where it would stay for the next client.
            if not is_console and connection.info.user not in _POOLED_ROLES:
                connection.execute(_PIN_SEARCH_PATH)
            yield connection


@dataclass(frozen=True)
class Answer:
    """The rows of a query, with their columns' names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def ask(connection: Connection, query: LiteralString, *values: object) -> Answer:
    """Runs one query or CALL and fetches all that it answers."""
    cursor = connection.execute(query, values or None)
    rows = tuple(cursor.fetchall())
    return Answer(tuple(column.name for column in cursor.description or ()), rows)


def pass_on_notices(connection: Connection, say: Callable[[str], None]) -> None:
    """From now on says what the server remarks or warns of, with its DETAIL and HINT."""

    def tell(diagnosis: psycopg.errors.Diagnostic) -> None:
        is_warning = diagnosis.severity_nonlocalized == "WARNING"
        lines = [f"{'warning: ' if is_warning else ''}{diagnosis.message_primary}"]
        if diagnosis.message_detail:
            lines.append(f"DETAIL: {diagnosis.message_detail}")
        if diagnosis.message_hint:
            lines.append(f"HINT: {diagnosis.message_hint}")
        say("\n".join(lines))

    connection.add_notice_handler(tell)


def run(connection: Connection, statements: str) -> None:
    """Sends SQL of our own, one statement or many, as it stands."""
    connection.execute(statements, prepare=False)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turns an error of the server into AhuSqlError, with its own DETAIL and HINT."""
    try:
        yield
    except psycopg.Error as error:
        diagnosis = error.diag
        if diagnosis.message_primary is None:
            raise AhuSqlError(
                "the connection to the server was lost",
                detail=str(error).strip() or None,
                hint=_AGAIN,
            ) from error
        hint = diagnosis.message_hint or _HINTS.get(error.sqlstate or "")
        # Class 22: a value that the user gave is malformed.
        malformed = (error.sqlstate or "").startswith("22")
        raise AhuSqlError(
            diagnosis.message_primary,
            detail=diagnosis.message_detail,
            hint=hint,
            exit_code=2 if malformed else 1,
        ) from error
    except KeyboardInterrupt as interruption:
        raise AhuSqlError(
            "interrupted",
            detail="What was under way was undone; what was committed before it stays.",
            hint="Run the same command again: it goes on from there.",
            exit_code=_INTERRUPTED,
        ) from interruption
