"""`ahu_read` behind which a streaming standby answers: a setting names it, nothing else changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ahu_sql.demo.processes import LOOPBACK
from ahu_sql.demo.server import LocalServer
from plant import RAW_TABLE
from pooler.site import DATABASE, PooledSite, install_site, start_server
from servers.pooler import PoolerProcess, start_pooler
from servers.standby import HOST, Standby
from sessions import wait_until

BY_TCP = f"server_host={LOOPBACK}"
TOTAL = "select total_cost from ahu.mv_daily_ahu_costs where ahu_id = 'NEW' and day = '2024-01-03'"


@pytest.fixture(scope="module")
def primary() -> Iterator[LocalServer]:
    """A server that lets a pooler in by TCP."""
    with start_server() as server:
        install_site(server, BY_TCP, days=5)
        yield server


@pytest.fixture(scope="module")
def standby(primary: LocalServer) -> Iterator[Standby]:
    """Its copy, which follows it."""
    with Standby(primary) as copy:
        yield copy


@pytest.fixture(params=["1.18", "1.24"])
def version(request: pytest.FixtureRequest) -> str:
    """The pooler's."""
    return str(request.param)


@contextmanager
def pooler_before(
    primary: LocalServer, version: str, hosts: str, *settings: str
) -> Iterator[PoolerProcess]:
    """A pooler whose ahu_read points at these hosts."""
    where = (BY_TCP, f"read_hosts={hosts}", *settings)
    with start_pooler(primary, version, DATABASE, *where) as pooler:
        yield pooler


def answers_from(pooler: PoolerProcess, *, patience_s: float = 10.0) -> str:
    """Which of the two answers a new reader: `standby` or `primary`."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            with pooler.connect("ahu_read", connect_timeout=5) as session:
                row = session.execute("select pg_is_in_recovery()").fetchone()
                return "standby" if row == (True,) else "primary"
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def answers_of_many(pooler: PoolerProcess, count: int = 12) -> set[str]:
    """Which of the two answers many readers at once."""
    sessions = [pooler.connect("ahu_read") for _ in range(count)]
    try:
        for session in sessions:
            session.execute("begin")
        return {
            "standby" if session.execute("select pg_is_in_recovery()").fetchone()[0] else "primary"  # type: ignore[index]
            for session in sessions
        }
    finally:
        for session in sessions:
            session.close()


def test_a_refresh_on_the_primary_shows_there(
    primary: LocalServer, standby: Standby, version: str
) -> None:
    site = PooledSite(primary, None).database  # type: ignore[arg-type]
    with pooler_before(primary, version, HOST) as pooler:
        assert answers_from(pooler) == "standby"
        with pooler.connect("ahu_write") as etl, pooler.connect("ahu_read") as reader:
            assert reader.execute(TOTAL).fetchall() == []
            etl.execute(
                f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                "values ('2024-01-03 10:00+09', 'NEW', 7)"
            )
            etl.execute("call ahu.refresh_dashboard_views()")
            wait_until(lambda: reader.execute(TOTAL).fetchall() == [(7,)], "it shows")
        site.execute(f"delete from {RAW_TABLE} where ahu_id = 'NEW'")
        site.execute("call ahu.refresh_dashboard_views()")


def test_the_drill_down_reads_there(primary: LocalServer, standby: Standby, version: str) -> None:
    """It locks the raw table, which a server in recovery lets it do as a query may."""
    with (
        pooler_before(primary, version, HOST) as pooler,
        pooler.connect("ahu_read") as reader,
    ):
        day = "'2024-01-03 00:00+09', '2024-01-04 00:00+09'"
        row = reader.execute(
            "select pg_is_in_recovery(), "
            f"(select count(*) from ahu.readings({day}, array['AHU01'])) > 0"
        ).fetchone()
        assert row == (True, True)


def test_a_reload_takes_readers_there_without_an_error(
    primary: LocalServer, standby: Standby, version: str
) -> None:
    with (
        pooler_before(primary, version, LOOPBACK) as pooler,
        pooler.connect("ahu_read") as idle,
        pooler.connect("ahu_read") as busy,
    ):

        def is_there(reader: psycopg.Connection[Any]) -> bool:
            return reader.execute("select pg_is_in_recovery()").fetchone() == (True,)

        busy.execute("begin")
        assert not is_there(idle) and not is_there(busy)
        pooler.edit(f"ahu_read = host={LOOPBACK}", f"ahu_read = host={HOST}")
        pooler.reload()
        wait_until(lambda: is_there(idle), "it is there")
        assert not is_there(busy)
        busy.execute("commit")
        assert is_there(busy)


def test_an_operator_watches_it_as_the_primary(primary: LocalServer, standby: Standby) -> None:
    site = PooledSite(primary, None).database  # type: ignore[arg-type]
    site.execute("create role watcher login; grant pg_monitor to watcher")
    users = "select from pg_roles where rolname = 'watcher'"
    with psycopg.connect(standby.dsn(DATABASE), autocommit=True) as session:
        wait_until(lambda: session.execute(users).rowcount == 1, "the role is there")
    with psycopg.connect(make_conninfo(standby.dsn(DATABASE), user="watcher")) as session:
        for view in ("refresh_runs", "connections", "long_running_queries"):
            session.execute(f"select * from ahu.{view}")
        seen = session.execute("select newest_day, pending_keys from ahu.freshness").fetchall()
    assert seen == site.rows("select newest_day, pending_keys from ahu.freshness")


def test_a_new_password_counts_there_too(
    primary: LocalServer, standby: Standby, version: str
) -> None:
    site = PooledSite(primary, None).database  # type: ignore[arg-type]
    kept = site.scalar("select rolpassword from pg_authid where rolname = 'ahu_read'")
    with pooler_before(primary, version, HOST) as pooler:
        site.execute("alter role ahu_read password 'another'")
        dsn = pooler.dsn("ahu_read", password="another")

        def works() -> bool:
            try:
                psycopg.connect(dsn).close()
            except psycopg.OperationalError:
                return False
            return True

        try:
            wait_until(works, "the standby has heard of it")
        finally:
            site.execute(f"alter role ahu_read password '{kept}'")


def test_alone_its_death_is_an_error_until_it_is_back(
    primary: LocalServer, standby: Standby, version: str
) -> None:
    with pooler_before(primary, version, HOST) as pooler:
        assert answers_from(pooler) == "standby"
        pooler.edit("query_wait_timeout = 15", "query_wait_timeout = 2")  # to be told sooner
        pooler.reload()
        standby.kill()
        try:
            with pytest.raises(psycopg.OperationalError, match="query_wait_timeout"):
                pooler.connect("ahu_read", connect_timeout=30)
            with pooler.connect("ahu_write") as etl:  # who does not depend on it
                etl.execute("call ahu.refresh_dashboard_views()")
        finally:
            standby.start()
        assert answers_from(pooler) == "standby"


def test_in_turn_with_the_primary_its_death_leaves_the_primary(
    primary: LocalServer, standby: Standby, version: str
) -> None:
    with pooler_before(primary, version, f"{HOST},{LOOPBACK}") as pooler:
        assert answers_of_many(pooler) == {"standby", "primary"}
        standby.kill()
        try:
            answered = {answers_from(pooler) for _ in range(6)}
        finally:
            standby.start()
        assert answered == {"primary"}


def test_first_of_two_its_death_sends_readers_to_the_primary(
    primary: LocalServer, standby: Standby
) -> None:
    """And they stay there until an operator says otherwise."""
    hosts = (f"{HOST},{LOOPBACK}", "load_balance_hosts=disable")
    with pooler_before(primary, "1.24", *hosts) as pooler:
        assert answers_of_many(pooler) == {"standby"}
        standby.kill()
        try:
            assert answers_from(pooler) == "primary"
        finally:
            standby.start()
        assert answers_of_many(pooler) == {"primary"}
        # what docs/operations.md says brings them back
        for command in ("kill ahu_read", "resume ahu_read"):
            pooler.command(primary.binaries, command)
        assert answers_of_many(pooler) == {"standby"}
