"""Databases for tests: fresh, empty, and gone afterwards together with the roles of the product."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
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
    with _superuser(server) as connection:
        before = _roles(connection)
        database = _new_database(server, connection)
    try:
        yield database
    finally:
        if server.pid is not None:  # else the test killed it
            _drop(server, [database], before)


class Copies:
    """Databases that begin alike: the first of a kind is built, and what tests get are copies.

    Roles that come with it stay until `drop`: this is for tests that neither change what roles are
    in the whole server nor want to find none.
    """

    def __init__(self, server: RunningServer) -> None:
        """Of this server; nothing is built yet."""
        self._server = server
        self._templates: dict[tuple[Any, ...], Database] = {}
        self._names: dict[tuple[Any, ...], str] = {}
        self._roles_before: set[str] = set()

    @contextmanager
    def of(self, build: Callable[..., object], *arguments: Any) -> Iterator[Database]:
        """A copy of what `build(database, *arguments)` makes of an empty one; gone afterwards."""
        if isinstance(self._server, PgliteServers):
            name = self._names.setdefault((build, *arguments), f"kind_{next(_numbers)}")
            with self._server.lend(name) as lent:
                database = Database(lent, "postgres", has_timescaledb=True)
                if name not in lent.kept:
                    build(database, *arguments)
                    lent.keep(name)
                yield database
            return
        template = self._template(build, arguments)
        with _superuser(self._server) as connection:
            before = _roles(connection)
            copy = _new_database(self._server, connection, template)
            _copy_settings(connection, template, copy)
        try:
            yield copy
        finally:
            _drop(self._server, [copy], before)

    def drop(self) -> None:
        """Everything; the last thing to be called."""
        if isinstance(self._server, PgliteServers):
            self._server.forget()
        if self._templates:
            _drop(self._server, list(self._templates.values()), self._roles_before)

    def _template(self, build: Callable[..., object], arguments: tuple[Any, ...]) -> Database:
        kind = (build, *arguments)
        if kind not in self._templates:
            with _superuser(self._server) as connection:
                if not self._templates:
                    self._roles_before = _roles(connection)
                template = _new_database(self._server, connection)
                self._templates[kind] = template
                build(template, *arguments)
                _shut(connection, template.name)
        return self._templates[kind]


def _new_database(
    server: RunningServer, connection: psycopg.Connection[Any], template: Database | None = None
) -> Database:
    """A copy of the template; without one it is empty, but for extensions of `fresh_database`."""
    has_timescaledb = _has_timescaledb(connection)
    if template is not None:
        source = template.name
    else:
        source = _timescaledb_template(server, connection) if has_timescaledb else "template0"
    name = f"test_{next(_numbers)}"
    _create_database(connection, name, source)
    return Database(server, name, has_timescaledb)


def _copy_settings(connection: psycopg.Connection[Any], template: Database, copy: Database) -> None:
    """What CREATE DATABASE leaves behind, for it lies in catalogs of the whole server."""
    names = {"template": template.name, "copy": copy.name}
    connection.execute("set allow_system_table_mods = on")
    connection.execute(
        """
        insert into pg_db_role_setting (setdatabase, setrole, setconfig)
        select c.oid, s.setrole, s.setconfig
        from pg_db_role_setting as s
        join pg_database as t on t.oid = s.setdatabase
        cross join pg_database as c
        where t.datname = %(template)s and c.datname = %(copy)s
        """,
        names,
    )
    connection.execute(
        """
        update pg_database as c
        set datacl = t.datacl
        from pg_database as t
        where t.datname = %(template)s and c.datname = %(copy)s and t.datacl is not null
        """,
        names,
    )


def _create_database(connection: psycopg.Connection[Any], name: str, template: str) -> None:
    # by default it writes all of it to the log, which takes twice as long
    statement = sql.SQL("create database {} template {} strategy file_copy")
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
    _shut(connection, name)
    return name


def _shut(connection: psycopg.Connection[Any], name: str) -> None:
    """A template must be without sessions, and TimescaleDB's scheduler comes with the extension."""
    database = sql.Identifier(name)
    connection.execute(sql.SQL("alter database {} allow_connections false").format(database))
    connection.execute(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = %s", [name]
    )


def _drop(server: RunningServer, databases: Sequence[Database], roles_before: set[str]) -> None:
    with _superuser(server) as connection:
        for database in databases:
            name = sql.Identifier(database.name)
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
