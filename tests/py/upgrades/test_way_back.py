"""The way back from an upgrade, as docs/operations.md has it typed."""

from __future__ import annotations

import os
import shlex
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cli.asking import libpq
from databases import Database
from documents import GUIDE
from in_force import add_reading, delete_silently
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from upgrades.releases import RELEASES, Release


def typed(program: str, argument: str) -> list[str]:
    """The arguments of the guide's one call with that argument."""
    (call,) = [step for step in GUIDE.steps(program) if argument in step]
    return call


def run(database: Database, folder: Path, program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs."""
    done = subprocess.run(
        [database.server.binaries / program, *arguments],
        cwd=folder,
        env=os.environ | libpq(database),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"{program} {shlex.join(arguments)}\n{done.stderr}"


def days(database: Database) -> list[tuple[Any, ...]]:
    return database.rows("table ahu.mv_daily_ahu_costs order by day, ahu_id")


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_an_upgrade_is_rolled_back_with_what_only_the_summaries_know(
    database: Database, tmp_path: Path, release: Release
) -> None:
    old = release.unpack(tmp_path)
    raw_table(database)
    plant_readings(database, ahus=2, days=10, minutes=360)
    old("install", "--dsn", database.dsn)
    delete_silently(database, "timestamp < '2024-01-04 00:00+09'")
    before = days(database)

    run(database, tmp_path, "pg_dump", *typed("pg_dump", "before.sql"))
    assert ahu_sql("install", environment=libpq(database)).returncode == 0
    add_reading(database, "2024-01-20")
    database.execute(f"delete from {RAW_TABLE} where timestamp = '2024-01-10 00:00+09'")

    removed = ahu_sql(*typed("ahu-sql", "uninstall"), environment=libpq(database))
    assert removed.returncode == 0, removed.stderr
    run(database, tmp_path, "psql", *typed("psql", "before.sql"))
    assert days(database) == before
    old("install", "--dsn", database.dsn)
    old("verify", "--dsn", database.dsn, "--allow", "raw dropped", "--allow", "quarantined")
    *kept, added = days(database)
    assert kept == before
    assert added[:2] == (date(2024, 1, 20), "AHU01")

    # what was deleted since the dump looks like what retention took
    database.execute("call ahu.mark_changed('2024-01-10', '2024-01-10', trust_raw => true)")
    database.execute("call ahu.refresh_dashboard_views()")
    old("verify", "--dsn", database.dsn, "--allow", "raw dropped")
    assert days(database)[:-1] != before
