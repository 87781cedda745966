"""The admin console of a running pgbouncer: its SHOW commands, read by column name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ahu_sql.database import Connection, connect
from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.versions import Version

Subject = Literal[
    "clients", "config", "databases", "lists", "pools", "state", "stats", "users", "version"
]

CONSOLE = "pgbouncer"
"""The name of the database that is the console."""

OWN_USER = "pgbouncer"
"""As whom pgbouncer's own system user, over the Unix socket, may do everything there."""

_VERSION = re.compile(r"pgbouncer\s+(\d{1,4}(?:\.\d{1,4})+)", re.IGNORECASE)
_SAID = 100
"""How much of what a console said is told, in characters."""

_HINT = (
    "Name the console with --dsn 'host=... port=6432 dbname=pgbouncer user=...', as a user among "
    "admin_users or stats_users in pgbouncer.ini."
)
_REFUSED = re.compile(
    r"login rejected|not allowed|no authentication method|no such user|authentication failed"
    r"|no password supplied"
)
"""What 1.18 and 1.24 say to somebody who is no user of their console."""

ODDITIES = (LookupError, ValueError, TypeError, ArithmeticError, AttributeError, RuntimeError)
"""What Python raises at an answer that no pgbouncer gives, such as one without a column."""


def odd_answer(error: Exception) -> AhuSqlError:
    """The one error of a console that answers, and not as a pgbouncer does."""
    said = " ".join(str(error).split())[:_SAID]
    return AhuSqlError(
        "the console does not answer as a pgbouncer does",
        detail=f"Its answer cannot be read: {type(error).__name__}{f', {said}' if said else ''}.",
        hint=_HINT,
    )


class NotAdmittedError(AhuSqlError):
    """The console is there, and lets nobody in who is neither its own user nor named there."""

    def __init__(self, error: AhuSqlError) -> None:
        super().__init__(
            error.message,
            detail=error.detail,
            hint="Run it as the system user that runs pgbouncer (sudo -u postgres ahu-sql ...), or "
            "add yourself to pgbouncer.stats_users and render again.",
        )


@contextmanager
def connect_console(dsn: str) -> Iterator[Connection]:
    """A connection to the console, in autocommit mode; dbname is pgbouncer unless dsn says else.

    Over a Unix socket, where nobody names a user, it is pgbouncer's own, else that of the system.
    Raises AhuSqlError where nobody answers, or somebody that is not the console of a pgbouncer.
    """
    with ExitStack() as stack:
        connection = _opened(stack, _console_dsn(dsn))
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
    except ODDITIES as error:
        raise odd_answer(error) from error


def version_of(connection: Connection) -> Version:
    """The version of the pgbouncer behind a console, such as (1, 24, 1).

    Raises AhuSqlError where it is no console.
    """
    try:
        row = connection.execute("show version").fetchone() or None
    except ODDITIES as error:
        raise odd_answer(error) from error
    except psycopg.Error as error:
        raise AhuSqlError(
            "this is not the console of a pgbouncer",
            detail=f"{_place(connection)} answers show version with: {str(error).strip()}.",
            hint=_HINT,
        ) from error
    found = _VERSION.search(str(row[0])) if row else None
    if found is None:
        name = str(row[0])[:_SAID] if row else "nothing"
        raise AhuSqlError(
            "this is not the console of a pgbouncer",
            detail=f"{_place(connection)} calls itself {name!r}.",
            hint=_HINT,
        )
    return tuple(int(part) for part in found[1].split("."))


def _opened(stack: ExitStack, dsn: str) -> Connection:
    is_local = _is_local(dsn)
    try:
        if is_local and _names_nobody(dsn):
            try:
                return stack.enter_context(
                    connect(make_conninfo(dsn, user=OWN_USER), is_console=True)
                )
            except AhuSqlError as error:
                if not _is_refusal(error):
                    raise
        return stack.enter_context(connect(dsn, is_console=True))
    except ODDITIES as error:
        raise odd_answer(error) from error
    except AhuSqlError as error:
        if is_local and _is_refusal(error):
            raise NotAdmittedError(error) from error
        raise AhuSqlError(error.message, detail=error.detail, hint=_HINT) from error


def _is_refusal(error: AhuSqlError) -> bool:
    return _REFUSED.search(error.detail or "") is not None


def _names_nobody(dsn: str) -> bool:
    """Whether neither the connection string nor libpq's variables say as whom to come."""
    named = conninfo_to_dict(dsn).keys() & {"user", "service"}
    return not named and not any(os.environ.get(name) for name in ("PGUSER", "PGSERVICE"))


def _is_local(dsn: str) -> bool:
    """Whether it leads to Unix sockets alone."""
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return False
    if "service" in given and "host" not in given:
        return False
    known = {
        option.keyword.decode(): option.val.decode()
        for option in pq.Conninfo.get_defaults()
        if option.val
    } | {key: str(value) for key, value in given.items()}
    if known.get("hostaddr"):
        return False
    return all(host.startswith(("/", "@")) for host in known.get("host", "").split(",") if host)


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
