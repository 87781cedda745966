"""Gathers what the rules look at: from files, from a console, from a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ahu_sql.database import connect
from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.checks.server_doors import ways
from ahu_sql.pooler.checks.situation import Running, Situation, hosts_of
from ahu_sql.pooler.configuration import Configuration, running_configuration
from ahu_sql.pooler.configuration_files import read_configuration
from ahu_sql.pooler.console import (
    ODDITIES,
    connect_console,
    odd_answer,
    show,
    version_of,
)
from ahu_sql.pooler.server_facts import ServerFacts, read_server_facts
from ahu_sql.pooler.versions import NEWEST_TRIED, Version, as_text

_SERVER_HINT = (
    "Name the database behind pgbouncer with --server 'host=... port=5432 dbname=... user=...'."
)

_CONSOLE_SAYS = "use SHOW HELP"
"""The end of what pgbouncer's console answers to SQL, which is the first thing that it is sent."""


@dataclass(frozen=True)
class Evidence:
    """The situation, and what could not be looked at or was assumed, a sentence each."""

    situation: Situation
    remarks: tuple[str, ...]


def gather(
    path: Path | None, console: str | None, server: str | None, version: Version | None
) -> Evidence:
    """Reads everything that is named.

    path: a folder with pgbouncer.ini, or the file. console, server: connection strings. version:
    what the user says it is; a running pgbouncer knows better. Raises AhuSqlError where one of them
    cannot be read, or where there is neither path nor console.
    """
    running = _read_console(console) if console is not None else None
    known = running.version if running else version
    if path is not None:
        configuration = read_configuration(path, known)
    elif running:
        configuration = running_configuration(running.settings, running.databases)
    else:
        raise AhuSqlError(
            "there is nothing to check",
            detail="Neither a configuration nor the console of a running pgbouncer was named.",
            hint="ahu-sql pgbouncer check /etc/pgbouncer, or: ahu-sql pgbouncer check --dsn "
            "'host=localhost port=6432 dbname=pgbouncer user=pgbouncer'",
        )
    chosen = known or configuration.made_for
    facts = _read_server(server, _passwords(configuration)) if server is not None else None
    situation = Situation(configuration, chosen or NEWEST_TRIED, facts, running)
    remarks = [
        *([_assumed()] if chosen is None else []),
        *_remarks_on_files(configuration),
        *(_remarks_on_server(situation, facts) if facts else []),
    ]
    return Evidence(situation, tuple(remarks))


def _read_console(dsn: str) -> Running:
    with connect_console(dsn) as connection:
        version = version_of(connection)
        settings = show(connection, "config")
        databases = show(connection, "databases")
    try:
        _require_names(settings, ("key", "value"))
        _require_names(databases, ("name", "host", "database", "force_user", "pool_mode"))
    except ODDITIES as error:
        raise odd_answer(error) from error
    return Running(version, settings, databases)


def _require_names(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Raises LookupError or TypeError where a column is not there, or holds no text.

    The first column is the name of the row, and never null.
    """
    for row in rows:
        for column in columns:
            value = row[column]
            if not isinstance(value, str) and (value is not None or column == columns[0]):
                raise TypeError(f"{column} is no text")


def _passwords(configuration: Configuration) -> dict[str, str]:
    """Those that stand in clear in the userlist, by user."""
    logins = configuration.userlist or ()
    return {login.user: login.password for login in logins if login.password is not None}


def _read_server(dsn: str, passwords: Mapping[str, str]) -> ServerFacts:
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(connect(dsn))
        except AhuSqlError as error:
            if _CONSOLE_SAYS in error.message:
                raise _console_instead() from error
            raise AhuSqlError(error.message, detail=error.detail, hint=_SERVER_HINT) from error
        if "bouncer" in (connection.info.parameter_status("server_version") or ""):
            raise _console_instead()
        return read_server_facts(connection, passwords)


def _console_instead() -> AhuSqlError:
    return AhuSqlError(
        "--server leads to pgbouncer's console, and to no database",
        detail="It understands no SQL; --dsn is for the console.",
        hint=_SERVER_HINT,
    )


def _assumed() -> str:
    return (
        f"pgbouncer {as_text(NEWEST_TRIED)} is assumed, the newest that was tried; another: "
        "--pooler-version 1.18"
    )


def _remarks_on_files(configuration: Configuration) -> Iterator[str]:
    if configuration.is_running:
        yield (
            "not looked at: who may log in, and the auth_user of each alias, which the console "
            "does not tell; name the folder with pgbouncer.ini too"
        )
    for file in configuration.files:
        if file.is_there and file.reason is not None:
            yield f"not looked at: {file.name} ({file.reason})"


def _remarks_on_server(situation: Situation, server: ServerFacts) -> Iterator[str]:
    for unseen in server.unseen:
        yield f"not looked at: {unseen}"
    behind = {alias.parameters.get("dbname", alias.name) for alias in situation.aliases}
    if behind and server.database not in behind:
        yield (
            f"--server leads to database {server.database}, and the aliases to "
            f"{', '.join(sorted(behind))}: is it the right one?"
        )
    if server.doors and situation.our_aliases and not ways(situation, server.doors):
        hosts = sorted({host for alias in situation.our_aliases for host in hosts_of(alias)})
        yield (
            f"not looked at: pg_hba.conf: which of {', '.join(hosts)} --server leads to is not "
            "plain; name it by the same host"
        )
