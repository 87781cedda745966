"""A dump of an installed database, restored on another server, goes on as if nothing had been."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import Database, fresh_database
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, install, pending_entries, refresh
from servers.catalogue import SERVERS, chosen_server
from servers.running import RunningServer
from sessions import repeated
from snapshots import in_order, schema_dump
from upgrades.dumps import dump, restored

ZONE = "Asia/Seoul"
LATE = f"""
    insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw)
    values ('2024-01-05 12:03+09', 'AHU01', 5);
    update {RAW_TABLE} set hcv_steam_kwh = 7 where timestamp < '2024-01-12' and ahu_id = 'AHU02'
"""
"""Changes that a restored database must notice."""
DELETED = f"delete from {RAW_TABLE} where timestamp < '2024-01-03'"
"""One more, which only triggers and native rollups can tell from retention."""


@pytest.fixture(scope="module")
def other_server() -> Iterator[RunningServer]:
    """Another server of the same version, on which nothing of ours has ever been."""
    with chosen_server().start_own() as running:
        yield running


def fill(database: Database, *options: str, partitioned: bool = False) -> None:
    """Three AHUs, forty days, installed; and changes that no refresh has seen."""
    raw_table(database, "partitioned" if partitioned else "plain")
    plant_readings(database, ahus=3, days=40, minutes=360)
    install(database, ZONE, *options)
    database.execute(f"update {RAW_TABLE} set sf_cost_krw = 3 where ahu_id = 'AHU02'")


def assert_goes_on(database: Database, *options: str) -> None:
    """Nothing is to be done, changes are noticed, and the views come out exact."""
    site = ("--dsn", database.dsn, "--set", f"source.time_zone={ZONE}", *options)
    plan = ahu_sql("plan", *site)
    # A dump of one database leaves out what its roles are set to there.
    assert all(line.startswith("repair   role ahu_") for line in plan.stdout.splitlines()), (
        plan.stdout + plan.stderr
    )
    repairing = "repairing role ahu_" if plan.stdout else "nothing to apply"
    for verb, said in (("install", repairing), ("plan", "nothing is pending")):
        done = ahu_sql(verb, *site)
        assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
        assert said in done.stderr and "applied" not in done.stderr
    refresh(database)
    assert_fresh(database, ZONE)
    database.execute(LATE)
    if LOOKBACK not in options:
        database.execute(DELETED)
    answer = refresh(database)
    assert (answer.outcome, answer.quarantined) == ("refreshed", 0)
    assert_fresh(database, ZONE)


LOOKBACK = "refresh.tracking=lookback"
WAYS = {
    "triggers": (),
    "lookback": ("--set", LOOKBACK, "--set", "refresh.lookback_days=60"),
    "native": ("--set", "refresh.strategy=native"),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_the_same_site_and_stays_tracked(
    database: Database, other_server: RunningServer, tmp_path: Path, way: str
) -> None:
    fill(database, *WAYS[way])
    waiting = pending_entries(database)
    assert waiting > 0 or way != "triggers"
    dump(database, other_server.binaries, tmp_path / "dump")
    with restored(tmp_path / "dump", other_server, roles_of=database) as copy:
        assert pending_entries(copy) == waiting
        assert_goes_on(copy, *WAYS[way])
        dumps = [in_order(schema_dump(site)) for site in (database, copy)]
        assert dumps[1].replace(copy.name, database.name).splitlines() == dumps[0].splitlines()


@pytest.mark.skipif(chosen_server().has_timescaledb, reason="hypertables come back one by one")
def test_it_goes_to_a_newer_postgresql_by_parallel_restore(
    other_server: RunningServer, tmp_path: Path
) -> None:
    with SERVERS["pg15"].start_own() as old, fresh_database(old) as database:
        fill(database, partitioned=True)
        dump(database, other_server.binaries, tmp_path / "dump")
        with restored(tmp_path / "dump", other_server, "--jobs=2", roles_of=database) as copy:
            assert pending_entries(copy) == pending_entries(database)
            assert_goes_on(copy)


def test_a_dump_in_mid_load_loses_nothing(
    database: Database, other_server: RunningServer, tmp_path: Path
) -> None:
    """Raw, log and rollups are of one snapshot, whatever the ETL and the refresh are about."""
    fill(database)
    number = itertools.count(1)

    def load() -> None:
        database.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) values "
            "('2024-01-20 00:00+09'::timestamptz + %s * interval '1 second', 'AHU77', 1)",
            [next(number)],
        )

    load()  # the dump's snapshot may come before the other session's first
    with repeated(load) as loads, repeated(lambda: refresh(database)) as refreshes:
        dump(database, other_server.binaries, tmp_path / "dump")
    assert loads and refreshes
    with restored(tmp_path / "dump", other_server, roles_of=database) as copy:
        assert copy.scalar(f"select count(*) from {RAW_TABLE} where ahu_id = 'AHU77'") > 0
        assert_goes_on(copy)


def test_what_is_restored_can_be_uninstalled(
    database: Database, other_server: RunningServer, tmp_path: Path
) -> None:
    raw_table(database)
    plant_readings(database, ahus=2, days=3)
    before = schema_dump(database)
    install(database, ZONE)
    dump(database, other_server.binaries, tmp_path / "dump")
    with restored(tmp_path / "dump", other_server, roles_of=database) as copy:
        done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", copy.dsn)
        assert done.returncode == 0, done.stderr
        assert schema_dump(copy).replace(copy.name, database.name) == before
