"""200 readers and an ETL: how many connections the server sees, and what everybody waits."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ahu_sql.demo.processes import LOOPBACK
from ahu_sql.demo.server import LocalServer
from ahu_sql.settings import Pgbouncer
from databases import Database
from plant import RAW_TABLE
from pooler.load import KILLED, REFRESH, prices_of_strict, row_of, run_busy_load, table_of_ways
from pooler.site import DATABASE, PooledSite, install_site, start_server
from product import ahu_sql
from refreshing import assert_fresh, refresh
from servers.pooler import PASSWORDS, PoolerProcess, start_pooler

READERS = 200
# the crowd, and beside it what is kept for the ETL
FOR_ALL = ("max_client_conn=240", "write_client_conn=30")
PROMISED = Pgbouncer()

WAYS = {
    "1.18": ("1.18", 10, ()),
    "1.24": ("1.24", 10, ()),
    "1.24 strict": ("1.24", 6, ("strict=true",)),
}


@pytest.fixture(scope="module")
def busy_server() -> Iterator[LocalServer]:
    """A server of its own, with the roles' limits as the product sets them."""
    with start_server(max_connections="300") as server:
        install_site(server, minutes=10)
        yield server


@pytest.fixture
def busy(busy_server: LocalServer) -> Iterator[Database]:
    """Its database, which is as it was afterwards."""
    database = Database(busy_server, DATABASE)
    yield database
    database.execute(f"delete from {RAW_TABLE} where timestamp >= '2024-02-01 00:00+09'")
    refresh(database)


@pytest.mark.parametrize("way", WAYS)
def test_the_promised_connections_serve_everybody(busy: Database, way: str) -> None:
    version, seconds, settings = WAYS[way]
    with start_pooler(busy.server, version, DATABASE, *FOR_ALL, *settings) as pooler:  # type: ignore[arg-type]
        outcome = run_busy_load(busy, pooler.dsn, readers=READERS, seconds=seconds)
        opened = server_connections(pooler)
    table_of_ways.append((way, *row_of(outcome)))
    assert not outcome.errors
    assert len(outcome.served) == READERS and min(outcome.served.values()) >= 1
    assert outcome.served[KILLED] > 2 and outcome.steps[REFRESH]  # on a busy machine too
    # what it holds open itself; a backend whose reader was killed is there for 20 ms more
    assert opened["ahu_read"] <= PROMISED.read_connections
    assert opened.get("ahu_pgbouncer", 0) <= PROMISED.login_connections
    assert outcome.peaks["ahu_read"] <= 2 * PROMISED.read_connections
    assert outcome.peaks["ahu_write"] <= PROMISED.write_connections
    assert outcome.peaks["ahu_pgbouncer"] <= 2 * PROMISED.login_connections
    assert_fresh_after(busy)


def test_the_same_load_without_the_pooler(busy: Database, busy_server: LocalServer) -> None:
    hba = busy_server.data / "pg_hba.conf"
    kept = hba.read_text()
    hba.write_text(f"host {DATABASE} ahu_read,ahu_write {LOOPBACK}/32 scram-sha-256\n" + kept)
    busy_server.reload()
    busy.execute("alter role ahu_read connection limit -1")

    def direct(role: str) -> str:
        return make_conninfo(busy_server.dsn(DATABASE, role), password=PASSWORDS[role])

    try:
        outcome = run_busy_load(busy, direct, readers=READERS, seconds=6)
    finally:
        busy.execute(f"alter role ahu_read connection limit {2 * PROMISED.read_connections}")
        hba.write_text(kept)
        busy_server.reload()
    table_of_ways.append(("no pooler", *row_of(outcome)))
    assert outcome.peaks["ahu_read"] > PROMISED.read_connections
    assert_fresh_after(busy)


def test_what_strict_costs_a_reader(busy: Database, busy_server: LocalServer) -> None:
    """One reader asks by turns through a strict and a lenient pooler; nothing is asserted."""
    with ExitStack() as stack:
        sessions = []
        for strict in ("false", "true"):
            pooler = start_pooler(busy_server, "1.24", DATABASE, f"strict={strict}")
            session = stack.enter_context(stack.enter_context(pooler).connect("ahu_read"))
            sessions.append(session)
        lenient, strict_ms = median_ms(sessions, "select * from ahu.freshness", rounds=300)
    prices_of_strict.append(
        f"a question of one reader: {lenient:.2f} ms, strict {strict_ms:.2f} ms "
        f"({strict_ms / lenient:.2f} times)"
    )


def median_ms(
    sessions: list[psycopg.Connection[tuple[object, ...]]], question: str, rounds: int
) -> list[float]:
    """The median of each session's waits, all of them taking turns."""
    waits: list[list[float]] = [[] for _ in sessions]
    for _ in range(rounds):
        for session, times in zip(sessions, waits, strict=True):
            began = time.perf_counter()
            session.execute(question).fetchall()
            times.append((time.perf_counter() - began) * 1000)
    return [statistics.median(times) for times in waits]


def server_connections(pooler: PoolerProcess) -> dict[str, int]:
    """How many connections to the server it has, by role."""
    counts: dict[str, int] = {}
    for server in pooler.show("servers"):
        counts[server["user"]] = counts.get(server["user"], 0) + 1
    return counts


def assert_fresh_after(database: Database) -> None:
    """The views hold all that the ETL wrote."""
    refresh(database)
    assert_fresh(database, "Asia/Seoul", fast=True)


class TestEveryPlaceTaken:
    """With the defaults: max_client_conn 200, of which 1.24 keeps 20 for the ETL."""

    def test_one_too_many_is_refused_and_the_etl_gets_in(
        self, poolers: dict[str, PooledSite]
    ) -> None:
        site = poolers["1.24"]
        taken = PROMISED.max_client_conn - PROMISED.write_client_conn
        with start_pooler(site.server, "1.24", DATABASE) as pooler, ExitStack() as stack:
            for _ in range(taken):
                stack.enter_context(pooler.connect("ahu_read"))
            with pytest.raises(psycopg.OperationalError, match="max_db_client_connections"):
                pooler.connect("ahu_read")
            with pooler.connect("ahu_write") as etl:
                etl.execute("call ahu.refresh_dashboard_views()")

    def test_before_124_nobody_gets_in_and_check_says_so(
        self, poolers: dict[str, PooledSite]
    ) -> None:
        site = poolers["1.18"]
        with start_pooler(site.server, "1.18", DATABASE) as pooler, ExitStack() as stack:
            for _ in range(PROMISED.max_client_conn):
                stack.enter_context(pooler.connect("ahu_read"))
            for alias in ("ahu_read", "ahu_write"):
                with pytest.raises(psycopg.OperationalError) as caught:
                    pooler.connect(alias)
                assert "no more connections allowed (max_client_conn)" in str(caught.value)
            said = ahu_sql("pgbouncer", "check", str(pooler.folder))
            assert said.returncode == 0 and "AHU514" in said.stdout
