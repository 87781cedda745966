"""What the tests of the Airflow example share: Airflow, and a plant behind poolers."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ahu_sql.demo.server import LocalServer
from examples.airflow.hours import HOUR, Hour
from examples.airflow.readme import connections, folder_variable
from examples.airflow.runs import Airflow
from pooler.site import DATABASE, PooledSite, install_site, start_server
from servers.pooler import start_pooler


@pytest.fixture(scope="session")
def airflow() -> Iterator[Airflow]:
    """The command, with a metadata database for the whole run."""
    with tempfile.TemporaryDirectory() as home:
        yield Airflow(Path(home))


@pytest.fixture(scope="session")
def plant_server(airflow: Airflow) -> Iterator[LocalServer]:
    """A server with the plant, installed, without readings; it starts when Airflow has."""
    with start_server() as server:
        install_site(server, days=0)
        yield server


@pytest.fixture(scope="session")
def poolers(plant_server: LocalServer) -> Iterator[dict[str, PooledSite]]:
    """The plant behind a pooler of each version."""
    with ExitStack() as stack:
        yield {
            version: PooledSite(
                plant_server,
                stack.enter_context(start_pooler(plant_server, version, DATABASE)),
            )
            for version in ("1.18", "1.24")
        }


@pytest.fixture
def plant(poolers: dict[str, PooledSite]) -> PooledSite:
    """Behind the newer pooler. What a test leaves pending the next refresh folds."""
    return poolers["1.24"]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Where the files of readings are."""
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


@pytest.fixture
def environment(plant: PooledSite, folder: Path) -> dict[str, str]:
    """The variables of the example's README.md."""
    return connections(plant.pooler) | folder_variable(folder)


_hours = itertools.count()


@pytest.fixture
def hour(folder: Path) -> Hour:
    """One that no other test has."""
    return Hour(datetime(2025, 9, 2, tzinfo=UTC) + next(_hours) * HOUR, folder)
