"""What the tests of the pooler share: an installed plant, a pgbouncer of each version before it.

They run on a server of their own of the kind that AHU_TEST_SERVER names: passwords and pg_hba.conf
are the whole server's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ahu_sql.demo.server import LocalServer
from ahu_sql.table import format_table
from pooler.load import COLUMNS, prices_of_strict, table_of_ways
from pooler.site import DATABASE, PooledSite, install_site, start_server
from servers.debian import PGBOUNCERS
from servers.pooler import PASSWORDS, start_pooler

VERSIONS = tuple(PGBOUNCERS)
CONNECTIONS = 90
"""Of each role; the server takes 200."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The same load by every way, side by side."""
    if table_of_ways:
        terminalreporter.write_line("200 readers and an ETL, by their way to the server:")
        terminalreporter.write_line(format_table(COLUMNS, table_of_ways))
    for line in prices_of_strict:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def pooled_server() -> Iterator[LocalServer]:
    """A server with the plant, installed, that lets our roles in through a pooler alone."""
    with start_server() as server:
        database = install_site(server)
        # their limits are for a pooler or two, and here are more: as for another site's pools
        for role in PASSWORDS:
            database.execute(
                f"alter role {role} connection limit {CONNECTIONS}; "
                f"alter role {role} in database postgres set statement_timeout = '30s'"
            )
        yield server


@pytest.fixture(scope="session")
def poolers(pooled_server: LocalServer) -> Iterator[dict[str, PooledSite]]:
    """A pooler of each version that was asked for."""
    with ExitStack() as stack:
        yield _Started(pooled_server, stack)


class _Started(dict[str, PooledSite]):
    """Starts what is asked for first."""

    def __init__(self, server: LocalServer, stack: ExitStack) -> None:
        super().__init__()
        self._server, self._stack = server, stack

    def __missing__(self, version: str) -> PooledSite:
        pooler = self._stack.enter_context(start_pooler(self._server, version, DATABASE))
        self[version] = PooledSite(self._server, pooler)
        return self[version]


@pytest.fixture(params=VERSIONS)
def pooled(request: pytest.FixtureRequest, poolers: dict[str, PooledSite]) -> PooledSite:
    """The site behind the pooler of one version, with the product's defaults. Leave it as it is."""
    return poolers[request.param]
