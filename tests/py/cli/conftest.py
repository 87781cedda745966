"""What the tests of the command line share: the plant's raw table, bare and installed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ahu_sql import applier
from ahu_sql.backfill import backfill
from ahu_sql.database import connect
from ahu_sql.demo.server import LocalServer
from ahu_sql.options import rendered_files
from ahu_sql.settings import Settings
from cli.sites import fill
from databases import Copies, Database, fresh_database
from servers.catalogue import CHECKOUT

SITE = Settings()
SQL_OF_THE_SITE = rendered_files(SITE)
IN_A_CHECKOUT = ("installer", "sql", "pgbouncer", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AHU_SQL_") or re.fullmatch(r"AHU_\w+_PASSWORD(_FILE)?", name):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def bare_site(server: LocalServer) -> Iterator[Database]:
    """One database for all tests of a module that leave it as it is: readings, nothing of ours."""
    with fresh_database(server) as database:
        fill(database)
        yield database


@pytest.fixture
def site(database: Database) -> Database:
    """Readings, nothing of ours."""
    fill(database)
    return database


@pytest.fixture
def installed(site: Database) -> Database:
    """Installed with the defaults, all readings folded; quicker than in a process of its own."""
    install(site)
    return site


@pytest.fixture
def installed_copy(copies: Copies) -> Iterator[Database]:
    """The same, for tests that leave roles as they are."""
    with copies.of(fill_and_install) as database:
        yield database


def fill_and_install(database: Database) -> None:
    fill(database)
    install(database)


def install(database: Database) -> None:
    with connect(database.dsn) as connection:
        applier.install(connection, SQL_OF_THE_SITE, SITE, patience_s=10, say=print)
        backfill(connection, batch_days=31, progress=lambda done, total: None)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout that the test may change."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    for name in IN_A_CHECKOUT:
        if (CHECKOUT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(CHECKOUT / name, copy / name, ignore=ignored)
        else:
            shutil.copy(CHECKOUT / name, copy / name)
    return copy
