"""Databases for tests: fresh, empty, and gone afterwards together with the roles of the product."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from ahu_sql.demo.server import LocalServer

Params = Sequence[Any] | dict[str, Any] | None

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One database of a test server. Each call opens a session of its own, so nothing leaks."""

    server: LocalServer
    name: str

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
def fresh_database(server: LocalServer) -> Iterator[Database]:
    """An empty database; afterwards it is dropped, and with it every role that came since.

    Roles belong to the whole server: two of these at once on one server would share the product's.
    """
    database = Database(server, f"test_{next(_numbers)}")
    name = sql.Identifier(database.name)
    with _superuser(server) as connection:
        before = _roles(connection)
        connection.execute(sql.SQL("create database {} template template0").format(name))
    try:
        yield database
    finally:
        if server.pid is not None:  # else the test killed it
            _drop(database, before)


def _drop(database: Database, roles_before: set[str]) -> None:
    name = sql.Identifier(database.name)
    with _superuser(database.server) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        added = [sql.Identifier(role) for role in sorted(_roles(connection) - roles_before)]
        for role in added:
            connection.execute(sql.SQL("drop owned by {} cascade").format(role))
        for role in added:
            connection.execute(sql.SQL("drop role {}").format(role))


def _superuser(server: LocalServer) -> psycopg.Connection[Any]:
    return psycopg.connect(server.dsn(), autocommit=True)


def _roles(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute("select rolname::text from pg_roles")}
