"""Gathers what the rules look at: from files, from a console, from a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ahu_sql.database import connect
from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.checks.situation import Running, Situation
from ahu_sql.pooler.configuration import Configuration, running_configuration
from ahu_sql.pooler.configuration_files import read_configuration
from ahu_sql.pooler.console import connect_console, show, version_of
from ahu_sql.pooler.server_facts import ServerFacts, read_server_facts
from ahu_sql.pooler.versions import NEWEST_TRIED, Version, as_text


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
    facts = _read_server(server) if server is not None else None
    situation = Situation(configuration, chosen or NEWEST_TRIED, facts, running)
    remarks = [
        *([_assumed()] if chosen is None else []),
        *_remarks_on_files(configuration),
        *(_remarks_on_server(configuration, facts) if facts else []),
    ]
    return Evidence(situation, tuple(remarks))


def _read_console(dsn: str) -> Running:
    with connect_console(dsn) as connection:
        return Running(
            version_of(connection), show(connection, "config"), show(connection, "databases")
        )


def _read_server(dsn: str) -> ServerFacts:
    with connect(dsn) as connection:
        return read_server_facts(connection)


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


def _remarks_on_server(configuration: Configuration, server: ServerFacts) -> Iterator[str]:
    for unseen in server.unseen:
        yield f"not looked at: {unseen}"
    behind = {
        alias.parameters.get("dbname", alias.name) for alias in configuration.aliases.values()
    }
    if behind and server.database not in behind:
        yield (
            f"--server leads to database {server.database}, and the aliases to "
            f"{', '.join(sorted(behind))}: is it the right one?"
        )
