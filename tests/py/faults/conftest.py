"""A server for all cases of this folder, which they may kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ahu_sql.demo.server import LocalServer
from databases import Database, fresh_database
from faults.sites import small_site
from servers.catalogue import chosen_server

# A commit that says synchronous_commit = on waits for a standby that never comes: the server has
# committed by then, and its client does not know.
SETTINGS = {
    "synchronous_standby_names": "nobody",
    "synchronous_commit": "local",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "30",
}


@pytest.fixture(scope="session")
def mortal_server() -> Iterator[LocalServer]:
    """Killed by hundreds of cases."""
    with chosen_server().start_own(SETTINGS) as running:
        yield running


@pytest.fixture
def site(mortal_server: LocalServer) -> Iterator[Database]:
    """Readings and points, nothing of ours."""
    if mortal_server.pid is None:  # the test before this one failed
        mortal_server.start_again()
    with fresh_database(mortal_server) as database:
        small_site(database)
        yield database
