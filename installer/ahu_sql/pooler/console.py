"""The admin console of a running pgbouncer: its SHOW commands, read by column name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ahu_sql.database import Connection, connect
from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.versions import Version

Subject = Literal[
    "clients", "config", "databases", "lists", "pools", "state", "stats", "users", "version"
]

CONSOLE = "pgbouncer"
"""The name of the database that is the console."""

_VERSION = re.compile(r"pgbouncer\s+(\d+(?:\.\d+)+)", re.IGNORECASE)
_HINT = (
    "Name the console with --dsn 'host=... port=6432 dbname=pgbouncer user=...', as a user among "
    "admin_users or stats_users in pgbouncer.ini."
)


@contextmanager
def connect_console(dsn: str) -> Iterator[Connection]:
    """A connection to the console, in autocommit mode; dbname is pgbouncer unless dsn says else.

    Raises AhuSqlError where nobody answers, or somebody that is not the console of a pgbouncer.
    """
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(connect(_console_dsn(dsn)))
        except AhuSqlError as error:
            raise AhuSqlError(error.message, detail=error.detail, hint=_HINT) from error
        # The console knows no prepared statements, which psycopg begins after some repetitions.
        connection.prepare_threshold = None
        version_of(connection)
        yield connection


def show(connection: Connection, subject: Subject) -> list[dict[str, Any]]:
    """The rows of a SHOW command, each by its columns' names, which differ between versions.

    Numbers are int, everything else is text or None. Raises AhuSqlError where it is refused.
    """
    try:
        # The console has no parameters, and SHOW none to give: one of our own words.
        cursor = connection.execute(f"show {subject}")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except psycopg.Error as error:
        raise AhuSqlError(
            f"the console of pgbouncer does not answer show {subject}",
            detail=str(error).strip() or None,
            hint=_HINT,
        ) from error


def version_of(connection: Connection) -> Version:
    """The version of the pgbouncer behind a console, such as (1, 24, 1).

    Raises AhuSqlError where it is no console.
    """
    try:
        row = connection.execute("show version").fetchone()
    except psycopg.Error as error:
        raise AhuSqlError(
            "this is not the console of a pgbouncer",
            detail=f"{_place(connection)} answers show version with: {str(error).strip()}.",
            hint=_HINT,
        ) from error
    found = _VERSION.search(str(row[0])) if row else None
    if found is None:
        raise AhuSqlError(
            "this is not the console of a pgbouncer",
            detail=f"{_place(connection)} calls itself {row[0] if row else 'nothing'!r}.",
            hint=_HINT,
        )
    return tuple(int(part) for part in found[1].split("."))


def _console_dsn(dsn: str) -> str:
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return dsn  # connect says what is wrong with it
    if "dbname" in given or "service" in given:
        return dsn
    return make_conninfo("", **given, dbname=CONSOLE)


def _place(connection: Connection) -> str:
    info = connection.info
    return f'database "{info.dbname}" at {info.host}:{info.port}'
