"""Many installers at once: one applies, the others find nothing to do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from ahu_sql.demo.server import LocalServer
from databases import Database
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh

INSTALLERS = 20


def test_of_twenty_installers_one_applies(database: Database) -> None:
    raw_table(database)
    readings = plant_readings(database, ahus=3, days=10, minutes=30)
    with ThreadPoolExecutor(INSTALLERS) as pool:
        runs = list(
            pool.map(lambda _: ahu_sql("install", "--dsn", database.dsn), range(INSTALLERS))
        )
    assert [run.returncode for run in runs] == [0] * INSTALLERS, [run.stderr for run in runs]
    assert sum("files applied" in run.stderr for run in runs) == 1
    assert sum("nothing to apply" in run.stderr for run in runs) == INSTALLERS - 1
    assert_fresh(database, "Asia/Seoul")
    assert database.scalar("select sum(readings) from ahu.refresh_runs") == readings
    # chunks have copies of row triggers
    triggers = "select from pg_trigger where tgname like 'ahu_note_%%' and tgrelid = %s::regclass"
    assert len(database.rows(triggers, [RAW_TABLE])) == 4


def test_two_sites_of_one_server_can_be_installed_at_once(own_server: LocalServer) -> None:
    """Each has a database of its own; the roles are the server's, and both make them."""
    with psycopg.connect(own_server.dsn(), autocommit=True) as session:
        for name in ("one", "other"):
            session.execute(f"create database {name}")
    sites = [Database(own_server, name) for name in ("one", "other")]
    for site in sites:
        raw_table(site)
        plant_readings(site, ahus=1, days=2)
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda site: ahu_sql("install", "--dsn", site.dsn), sites * 4))
    for run in runs:
        assert run.returncode == 0, run.stderr
    for site in sites:
        assert_fresh(site, "Asia/Seoul")
