"""What plpgsql_check says of our routines and DO blocks, on a server that has the extension."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from ahu_sql.demo.server import LocalServer
from ahu_sql.linter.tree import ast, parse
from ahu_sql.renderer import RenderedFile
from databases import Database
from plant import RAW_TABLE
from servers.catalogue import TEST_SETTINGS, TIMESCALEDB
from servers.debian import DebianServer

CHECKER = "plpgsql_check"
DATABASE = "checked"
"""The one database that pg_cron may be in."""

CHECK = f"""
    select
        p.oid::regprocedure::text,
        coalesce(c.level, ''),
        coalesce(c.message, ''),
        coalesce(c.detail, '')
    from pg_proc as p
    join pg_language as l
        on l.oid = p.prolang
        and l.lanname = 'plpgsql'
    cross join lateral (select p.prorettype = 'trigger'::regtype as yes) as is_trigger
    left join lateral plpgsql_check_function_tb(
        p.oid,
        relid => case when is_trigger.yes then '{RAW_TABLE}'::regclass else 0 end,
        oldtable => case when is_trigger.yes and p.prosrc ~ '\\mold_rows\\M' then 'old_rows' end,
        newtable => case when is_trigger.yes and p.prosrc ~ '\\mnew_rows\\M' then 'new_rows' end,
        fatal_errors => false,
        all_warnings => true
    ) as c
        on true
    where p.pronamespace = any (array['ahu', '_ahu', 'do_blocks']::regnamespace[])
"""


@dataclass(frozen=True)
class Complaint:
    """One finding. routine: with its types; level: error, warning, performance, security, …"""

    routine: str
    level: str
    message: str
    detail: str

    @property
    def name(self) -> str:
        """The routine without its types."""
        return self.routine.partition("(")[0]

    def __str__(self) -> str:
        return f"{self.routine}: {self.level}: {self.message} {self.detail}".rstrip()


@contextmanager
def checking_server(debian: DebianServer) -> Iterator[LocalServer]:
    """A server with plpgsql_check and every other extension that Debian has for it."""
    extensions = ",".join(name for name in debian.extensions if name != CHECKER)
    settings = {"shared_preload_libraries": extensions, "cron.database_name": DATABASE}
    if "timescaledb" in extensions:
        settings = TIMESCALEDB | settings
    binaries = debian.binaries(*debian.extensions)
    with LocalServer.start(binaries, settings=TEST_SETTINGS | settings) as running:
        yield running


def checking_database(server: LocalServer, extensions: Iterable[str]) -> Database:
    """A fresh one with these extensions; the one before it is gone."""
    database = Database(server, DATABASE, has_timescaledb="timescaledb" in extensions)
    with psycopg.connect(server.dsn(), autocommit=True) as session:
        session.execute(f"drop database if exists {DATABASE} with (force)")
        session.execute(f"create database {DATABASE}")
    for extension in extensions:
        database.execute(f"create extension {extension}")
    return database


def checked(database: Database, files: Iterable[RenderedFile]) -> tuple[set[str], list[Complaint]]:
    """Names of all that was looked at, and the findings, each once.

    That is every PL/pgSQL routine in our schemas, and every DO block of these files, under the
    file's path.
    """
    with database.connect() as session:
        session.execute("create schema do_blocks")
        for file in files:
            for body in do_blocks(file):
                session.execute(
                    sql.SQL(
                        "create procedure do_blocks.{}() set search_path = pg_catalog, pg_temp "
                        "language plpgsql as {}"
                    ).format(sql.Identifier(file.path), sql.Literal(body))
                )
        rows = [Complaint(*row) for row in session.execute(CHECK)]
        session.execute("drop schema do_blocks cascade")
    return {row.name for row in rows}, [row for row in dict.fromkeys(rows) if row.message]


def do_blocks(file: RenderedFile) -> Iterator[str]:
    """The bodies of a file's DO blocks."""
    for raw in parse(file.sql):
        if isinstance(raw.stmt, ast.DoStmt):
            yield next(option.arg.sval for option in raw.stmt.args if option.defname == "as")
