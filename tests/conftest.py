"""What every test may ask for: a server, a fresh database on it, a server of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import counts
from ahu_sql.demo.server import LocalServer
from databases import Copies, Database, fresh_database
from once import work_out_once
from servers import catalogue
from servers.catalogue import SERVERS, MissingError, chosen_server, cron_server
from servers.pglite import ONE_SESSION
from servers.places import work_in_memory
from servers.running import RunningServer


def pytest_configure(config: pytest.Config) -> None:
    """Nobody's libpq variables steer the tests; servers' files are in memory; SIGINT interrupts.

    A shell that runs the tests in the background has it ignored by all that they start.
    """
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work_in_memory()


def pytest_report_header() -> str:
    """Which server this run is on."""
    return f"server: {chosen_server().title}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What needs several sessions is not tried where there is one."""
    if chosen_server().one_session and item.get_closest_marker("needs_sessions"):
        raise MissingError(ONE_SESSION)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was counted, here and for the sum of all suites."""
    for line in counts.lines():
        terminalreporter.write_line(line)
    counts.leave(os.environ.get("AHU_TEST_SUITE", chosen_server().name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A server or tool that is not here skips its tests, with one line in the summary for all."""
    report = yield
    if call.excinfo and isinstance(call.excinfo.value, MissingError):
        report.outcome = "skipped"
        report.longrepr = (catalogue.__file__, 1, f"Skipped: {call.excinfo.value}")
    return report


@pytest.fixture(autouse=True, scope="session")
def worked_out_once() -> Iterator[None]:
    """The product's SQL is read, rendered and linted once in a process; see once.py."""
    with pytest.MonkeyPatch.context() as patch:
        work_out_once(patch.setattr)
        yield


@pytest.fixture(scope="session")
def server_binaries() -> Path:
    """The programs of the server that AHU_TEST_SERVER names, for a test that starts one itself."""
    return chosen_server().binaries()


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """One server for the whole run. Do not stop it: that is what `own_server` is for."""
    with chosen_server().start() as running:
        yield running


@pytest.fixture
def database(server: RunningServer) -> Iterator[Database]:
    """A fresh empty database; it and the roles that the test made are gone afterwards."""
    with fresh_database(server) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def copies(server: RunningServer) -> Iterator[Copies]:
    """Databases for tests of one module that begin alike; see what is said of roles there."""
    kept = Copies(server)
    try:
        yield kept
    finally:
        kept.drop()


@pytest.fixture
def own_server() -> Iterator[LocalServer]:
    """A server of the test's own, which it may kill."""
    with chosen_server().start_own() as running:
        yield running


@pytest.fixture(scope="session")
def community_server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """TimescaleDB with the community licence: the run's server where it has it, else PGlite."""
    if chosen_server().timescaledb == "community":
        yield request.getfixturevalue("server")
    else:
        with SERVERS["pglite"].start() as running:
            yield running


@pytest.fixture
def community_database(community_server: RunningServer) -> Iterator[Database]:
    """A fresh database where add_job, the columnstore and continuous aggregates work.

    On PGlite nothing runs in the background: `call run_job(id)` does what the scheduler would do.
    """
    with fresh_database(community_server) as fresh:
        yield fresh


@pytest.fixture
def cron_database() -> Iterator[Database]:
    """A database with pg_cron 1.4 (PostgreSQL 15), whose jobs fire at each full minute."""
    with cron_server("1.4", "scheduled") as running:
        yield _with_pg_cron(running, "scheduled")


@pytest.fixture
def quick_cron_database() -> Iterator[Database]:
    """A database with pg_cron 1.6 (PostgreSQL 17), which knows the schedule `1 seconds` too."""
    with cron_server("1.6", "scheduled") as running:
        yield _with_pg_cron(running, "scheduled")


def _with_pg_cron(server: LocalServer, name: str) -> Database:
    database = Database(server, name)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    database.execute("create extension pg_cron")
    return database
