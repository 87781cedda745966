"""Databases for tests: fresh, empty, and gone afterwards together with the roles of the product."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from servers.pglite import PgliteServers
from servers.running import RunningServer

Params = Sequence[Any] | dict[str, Any] | None

# what fresh databases are copied from where the server has TimescaleDB: that takes a third of the
# time of `create extension`
TIMESCALEDB_TEMPLATE = "with_timescaledb"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One database of a test server. Each call opens a session of its own, so nothing leaks."""

    server: RunningServer
    name: str
    has_timescaledb: bool = False

    @property
    def dsn(self) -> str:
        """The superuser's connection string."""
        return self.server.dsn(self.name)

    def connect(
        self, autocommit: bool = True, user: str = "postgres", **options: Any
    ) -> psycopg.Connection[Any]:
        """A session; use it in a `with` block."""
        dsn = self.server.dsn(self.name, user)
        return psycopg.connect(dsn, autocommit=autocommit, **options)

    def execute(self, query: str, params: Params = None) -> None:
        """Run a query, or without params a whole script, and commit."""
        with self.connect() as connection:
            connection.execute(query, params)

    def rows(self, query: str, params: Params = None) -> list[tuple[Any, ...]]:
        """All rows of one query."""
        with self.connect() as connection:
            return connection.execute(query, params).fetchall()

    def scalar(self, query: str, params: Params = None) -> Any:
        """The one value of a query that gives one row of one column."""
        rows = self.rows(query, params)
        assert len(rows) == 1 and len(rows[0]) == 1, f"not one value: {rows[:5]}"
        return rows[0][0]


@contextmanager
def fresh_database(server: RunningServer) -> Iterator[Database]:
    """An empty database; afterwards it is dropped, and with it every role that came since.

    It has the extension timescaledb where the server has loaded it. Roles belong to the whole
    server: two of these at once on one server would share the product's.
    """
    if isinstance(server, PgliteServers):
        with server.lend() as lent:
            yield Database(lent, "postgres", has_timescaledb=True)
        return
    name = f"test_{next(_numbers)}"
    with _superuser(server) as connection:
        before = _roles(connection)
        has_timescaledb = _has_timescaledb(connection)
        template = _timescaledb_template(server, connection) if has_timescaledb else "template0"
        _create_database(connection, name, template)
    database = Database(server, name, has_timescaledb)
    try:
        yield database
    finally:
        if server.pid is not None:  # else the test killed it
            _drop(database, before)


def _create_database(connection: psycopg.Connection[Any], name: str, template: str) -> None:
    statement = sql.SQL("create database {} template {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _has_timescaledb(connection: psycopg.Connection[Any]) -> bool:
    (loaded,) = connection.execute("show shared_preload_libraries").fetchone() or ("",)
    return "timescaledb" in loaded


def _timescaledb_template(server: RunningServer, connection: psycopg.Connection[Any]) -> str:
    """Its name; it is made when it is first asked for."""
    name = TIMESCALEDB_TEMPLATE
    if connection.execute("select from pg_database where datname = %s", [name]).rowcount:
        return name
    _create_database(connection, name, "template0")
    with psycopg.connect(server.dsn(name), autocommit=True) as session:
        session.execute("create extension timescaledb")
    # TimescaleDB's scheduler has come with the extension, and a template must be without sessions
    connection.execute(f"alter database {name} allow_connections false")
    connection.execute(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = %s", [name]
    )
    return name


def _drop(database: Database, roles_before: set[str]) -> None:
    name = sql.Identifier(database.name)
    with _superuser(database.server) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        added = [sql.Identifier(role) for role in sorted(_roles(connection) - roles_before)]
        for role in added:
            connection.execute(sql.SQL("drop owned by {} cascade").format(role))
        for role in added:
            connection.execute(sql.SQL("drop role {}").format(role))


def _superuser(server: RunningServer) -> psycopg.Connection[Any]:
    return psycopg.connect(server.dsn(), autocommit=True)


def _roles(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute("select rolname::text from pg_roles")}
