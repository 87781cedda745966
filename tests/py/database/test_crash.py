"""The server is killed in mid-work: nothing is lost, and the same command again repairs all."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

import oracle
from ahu_sql.demo.server import LocalServer
from databases import Database, fresh_database
from installing import started
from plant import RAW_TABLE, move_in_time, plant_readings, raw_table
from refreshing import assert_fresh, error_of, install, pending_entries, refresh
from sessions import background, wait_until_blocked

ZONE = "Asia/Seoul"


@pytest.fixture
def site(own_server: LocalServer) -> Iterator[Database]:
    """The raw table, on a server that the test may kill."""
    with fresh_database(own_server) as database:
        raw_table(database)
        yield database


@pytest.mark.parametrize("table", ["_ahu.daily_rollup", "_ahu.monthly_rollup", "_ahu.refresh_run"])
def test_a_refresh_that_is_killed_is_repaired_by_one_call(site: Database, table: str) -> None:
    """Before the first row is written, between days and months, and at the very end."""
    plant_readings(site, ahus=3, days=40, minutes=60)
    install(site, ZONE)
    site.execute(
        f"update {RAW_TABLE} set sf_cost_krw = 3; "
        f"delete from {RAW_TABLE} where timestamp < '2024-01-03 00:00+09'; "
        + move_in_time(site, "3 days", "ahu_id = 'AHU02'")
    )
    pending = pending_entries(site)
    with site.connect() as session:
        before = oracle.stored_views(session)
    blocker, caller = site.connect(autocommit=False), site.connect()
    blocker.execute(f"lock table {table} in share mode")
    with background(lambda: error_of(caller)) as killed:
        wait_until_blocked(site, caller.info.backend_pid)
        site.server.kill()
    assert isinstance(killed.result(), psycopg.OperationalError)
    blocker.close()
    site.server.start_again()

    assert pending_entries(site) == pending
    with site.connect() as session:
        assert oracle.stored_views(session) == before
    answer = refresh(site)
    assert (answer.outcome, answer.quarantined) == ("refreshed", 0)
    assert_fresh(site, ZONE)


def test_a_backfill_that_is_killed_goes_on_where_it_was(site: Database) -> None:
    plant_readings(site, ahus=2, days=200, minutes=240)
    options = ("--set", f"source.time_zone={ZONE}", "--batch-days", "1")
    with started(site, "install", *options) as first:
        first.wait_for("backfill: 3 of")
        # now it is between two batches, or in one: stop it there, and kill
        blocker = site.connect(autocommit=False)
        blocker.execute("lock table _ahu.monthly_rollup in share mode")
        wait_until_blocked(site, backend_of_install(site))
        done = folded_days(site)
        site.server.kill()
        assert first.finish() != 0
    blocker.close()
    assert "error: the connection to the server was lost" in first.text
    assert "Traceback" not in first.text
    site.server.start_again()
    assert folded_days(site) == done
    assert 3 <= done < 200

    with started(site, "install", *options) as second:
        assert second.finish() == 0
    assert "nothing to apply" in second.text
    assert_fresh(site, ZONE)
    # no day twice
    assert site.scalar("select sum(keys) from ahu.refresh_runs") == 2 * 200
    assert site.scalar("select sum(readings) from ahu.refresh_runs") == 2 * 200 * 6


def test_an_install_that_is_killed_before_its_commit_leaves_nothing(site: Database) -> None:
    plant_readings(site, ahus=2, days=3)
    holder = site.connect(autocommit=False)
    holder.execute(f"insert into {RAW_TABLE} (timestamp) values ('2024-01-02')")
    with started(site, "install", "--set", f"source.time_zone={ZONE}") as installer:
        installer.wait_for("trying again")
        site.server.kill()
        assert installer.finish() != 0
    holder.close()
    site.server.start_again()
    assert site.rows("select from pg_namespace where nspname in ('ahu', '_ahu')") == []
    assert site.rows("select from pg_roles where rolname like 'ahu%'") == []
    assert site.rows("select from pg_trigger where tgname like '%ahu_note%'") == []
    install(site, ZONE)
    assert_fresh(site, ZONE)


def backend_of_install(database: Database) -> int:
    """The one session of `ahu-sql`."""
    return int(
        database.scalar(
            "select pid from pg_stat_activity "
            "where datname = current_database() and application_name like 'ahu-sql%'"
        )
    )


def folded_days(database: Database) -> int:
    """Days in the daily rollup."""
    return int(database.scalar("select count(distinct day) from ahu.mv_daily_ahu_kwh"))
