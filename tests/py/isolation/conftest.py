"""What the specs share: one database, in which each permutation begins alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from databases import fresh_database
from isolation.site import Site
from servers.running import RunningServer


@pytest.fixture(scope="module")
def site(server: RunningServer) -> Iterator[Site]:
    """The plant; between permutations only its rows are put back, unless more has changed."""
    with fresh_database(server) as database, database.connect() as session:
        yield Site(database, session)
