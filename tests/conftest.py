"""What every test may ask for: a server, a fresh database on it, a server of its own."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from ahu_sql.demo.server import LocalServer
from databases import Database, fresh_database
from servers import catalogue
from servers.catalogue import MissingError, chosen_server

# a test server: many sessions, and no patience spent on checkpoints
SERVER_SETTINGS = {"max_connections": "200", "jit": "off", "max_wal_size": "4GB"}


def pytest_configure(config: pytest.Config) -> None:
    """Nobody's libpq variables steer the tests."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def pytest_report_header() -> str:
    """Which server this run is on."""
    return f"server: {chosen_server().title}"


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


@pytest.fixture(scope="session")
def server_binaries() -> Path:
    """The programs of the server that AHU_TEST_SERVER names (pg18 or pg15)."""
    return chosen_server().binaries()


@pytest.fixture(scope="session")
def server(server_binaries: Path) -> Iterator[LocalServer]:
    """One server for the whole run. Do not stop it: that is what `own_server` is for."""
    with LocalServer.start(server_binaries, settings=SERVER_SETTINGS) as running:
        yield running


@pytest.fixture
def database(server: LocalServer) -> Iterator[Database]:
    """A fresh empty database; it and the roles that the test made are gone afterwards."""
    with fresh_database(server) as fresh:
        yield fresh


@pytest.fixture
def own_server(server_binaries: Path) -> Iterator[LocalServer]:
    """A server of the test's own, which it may kill."""
    with LocalServer.start(server_binaries, settings=SERVER_SETTINGS) as running:
        yield running
