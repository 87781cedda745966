"""One clear error each, and nothing changed: old servers, a standby, an old TimescaleDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ahu_sql.demo.server import LocalServer
from cli.asking import from_copy
from cli.refusal import assert_refused, nothing_changes
from cli.sites import fill
from databases import Database
from plant import raw_table
from product import ahu_sql
from servers.catalogue import pg13_binaries


class AnyServer(LocalServer):
    """A server that counts as ready as soon as it answers, be it primary or standby."""

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def test_a_server_that_a_copy_of_our_sql_takes_for_too_old(
    bare_site: Database, checkout: Path
) -> None:
    check = checkout / "sql" / "00_preconditions" / "supported_server.sql"
    text = check.read_text()
    assert text.count("150000") == 1
    check.write_text(text.replace("150000", "990000"))
    with nothing_changes(bare_site):
        done = from_copy(checkout, "install", "--dsn", bare_site.dsn)
    assert_refused(
        done,
        exit_code=1,
        message="the server is too old for ahu-sql",
        detail="This is PostgreSQL 1",
        hint="Use PostgreSQL 15 or later.",
    )


@pytest.fixture(scope="module")
def old_site() -> Iterator[Database]:
    """PostgreSQL 13, where it can be had."""
    with AnyServer.start(pg13_binaries()) as running:
        database = Database(running, "postgres")
        fill(database)
        yield database


@pytest.mark.parametrize("command", ["install", "plan"])
def test_a_real_postgresql_13(old_site: Database, command: str) -> None:
    with nothing_changes(old_site):
        done = ahu_sql(command, "--dsn", old_site.dsn)
    assert_refused(
        done,
        exit_code=1,
        message="the server is too old for ahu-sql",
        detail="This is PostgreSQL 13.",
        hint="Use PostgreSQL 15 or later.",
    )


def test_a_standby(server_binaries: Path) -> None:
    with AnyServer.start(server_binaries) as running:
        database = Database(running, "postgres")
        fill(database)
        (running.data / "standby.signal").touch()
        running.restart()
        assert database.scalar("select pg_is_in_recovery()") is True
        for command in ("install", "plan", "uninstall"):
            with nothing_changes(database):
                done = ahu_sql(command, "--dsn", database.dsn)
            assert_refused(
                done,
                exit_code=1,
                message="the server is a standby",
                detail="It is in recovery",
                hint="Connect to the primary",
            )


# No archive has one that old any more: its catalog, as far as we look at it.
OLD_TIMESCALEDB = """
    drop extension if exists timescaledb cascade;
    insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (1000001, 'timescaledb', 10, 'public'::regnamespace, false, '2.17.2');
    create schema _timescaledb_catalog;
    create table _timescaledb_catalog.hypertable (schema_name name, table_name name);
    insert into _timescaledb_catalog.hypertable values ('ahu_data', 'energy_readings')
"""


@pytest.mark.parametrize("command", ["install", "plan"])
def test_a_hypertable_of_an_old_timescaledb_is_offered_lookback(
    database: Database, command: str
) -> None:
    database.execute("drop extension if exists timescaledb cascade")
    raw_table(database, hypertable=False)
    database.execute(OLD_TIMESCALEDB)
    with nothing_changes(database):
        done = ahu_sql(command, "--dsn", database.dsn)
    assert_refused(
        done,
        exit_code=2,
        message="ahu_data.energy_readings is a hypertable of TimescaleDB 2.17.2",
        detail="those of 2.18 and later do",
        hint="ahu-sql install --set refresh.tracking=lookback",
    )
    # the offer can be taken
    lookback = ("--set", "refresh.tracking=lookback")
    assert ahu_sql("install", "--dsn", database.dsn, *lookback).returncode == 0
    assert database.scalar("select count(*) from pg_trigger where tgname like '%ahu_note%'") == 0
    assert ahu_sql("plan", "--dsn", database.dsn, *lookback).returncode == 0
