"""A site that is upgraded from any released version is the same as one that is installed today."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ahu_sql.locations import sql_folder
from databases import Database, fresh_database
from plant import RAW_TABLE, long_table, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, pending_entries, refresh
from servers.catalogue import chosen_server
from servers.running import RunningServer
from upgrades.catalogs import catalog
from upgrades.releases import RELEASES, Release

ZONE = "Asia/Seoul"
MIGRATIONS = "40_migrations/"
SITES = {
    "triggers": (),
    "native": ("--set", "refresh.strategy=native"),
    "long": ("--set", "source.layout=long"),
}


@pytest.fixture(scope="module")
def fresh_server() -> Iterator[RunningServer]:
    """A server for what is installed today: roles belong to a whole server."""
    with chosen_server().start_own() as running:
        yield running


def fill(database: Database, site: str) -> None:
    """The raw table as this site has it."""
    if site == "long":
        long_table(database)
    else:
        raw_table(database)
        plant_readings(database, ahus=2, days=40, minutes=360)


def test_there_are_releases() -> None:
    """Else nothing below would be run."""
    assert RELEASES


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_upgraded_equals_fresh(
    database: Database, fresh_server: RunningServer, tmp_path: Path, release: Release, site: str
) -> None:
    options = ("--set", f"source.time_zone={ZONE}", *SITES[site])
    fill(database, site)
    release.unpack(tmp_path)("install", "--dsn", database.dsn, *options)
    if site != "long":
        database.execute(f"update {RAW_TABLE} set sf_cost_krw = 3 where ahu_id = 'AHU02'")
    waiting = pending_entries(database)
    assert waiting > 0 or site != "triggers"

    upgraded = ahu_sql("install", "--dsn", database.dsn, *options)
    assert upgraded.returncode == 0, upgraded.stderr
    assert ahu_sql("plan", "--dsn", database.dsn, *options).returncode == 0
    with fresh_database(fresh_server) as fresh:
        fill(fresh, site)
        assert ahu_sql("install", "--dsn", fresh.dsn, *options).returncode == 0
        assert catalog(database) == catalog(fresh)

    if site != "long":
        refresh(database)
        assert_fresh(database, ZONE)


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_released_migrations_are_frozen(release: Release) -> None:
    """A site that ran one will never run it again: a change of it would reach nobody."""
    today = {
        path.relative_to(sql_folder()).as_posix(): path.read_bytes()
        for path in (sql_folder() / MIGRATIONS).glob("*.sql*")
    }
    released = {path: text for path, text in release.sql().items() if path.startswith(MIGRATIONS)}
    released.pop(f"{MIGRATIONS}README.md")
    assert {path: today.get(path) for path in released} == released
