"""Install and uninstall beside an ETL: it never waits for two seconds, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from databases import Database
from installing import RETRYING, started
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, install, refresh
from sessions import background, wait_until, waiting_sessions
from snapshots import OUR_TABLES, assert_same, catalog_rows

ZONE = "Asia/Seoul"


@contextmanager
def etl(database: Database) -> Iterator[Callable[[], int]]:
    """Writers that commit every few milliseconds; the server itself ends one that waits for 2 s.

    Gives a function that says how many batches are committed.
    """
    stop, batches = threading.Event(), [0, 0]

    def write(number: int) -> None:
        with database.connect(autocommit=False) as session:
            session.execute("set lock_timeout = '2s'")
            session.commit()
            while not stop.is_set():
                session.execute(
                    f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                    "select clock_timestamp() + n * interval '7 hours', %s, n "
                    "from generate_series(1, 9) as n",
                    [f"AHU{number:02}"],
                )
                session.execute(
                    f"delete from {RAW_TABLE} where ahu_id = %s and sf_cost_krw = 9",
                    [f"AHU{number:02}"],
                )
                session.commit()
                batches[number] += 1
                stop.wait(0.005)

    with background(lambda: write(0)) as one, background(lambda: write(1)) as other:

        def committed() -> int:
            for writer in (one, other):
                if writer.done():
                    writer.result()
            return min(batches)

        try:
            yield committed
        finally:
            stop.set()


def is_held(session: Any) -> None:
    """Holds the raw table as a long load does, in the way of every CREATE and DROP TRIGGER."""
    # where a chunk is already: TimescaleDB makes others wait for one that is not committed
    session.execute(f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-01-02', 'AHU77')")


@pytest.mark.parametrize("kind", ["plain", "partitioned"])
def test_an_install_beside_an_etl_disturbs_nobody(database: Database, kind: Any) -> None:
    raw_table(database, kind)
    plant_readings(database, ahus=3, days=30, minutes=60)
    with etl(database) as batches, database.connect(autocommit=False) as holder:
        is_held(holder)
        with started(database, "install") as installer:
            installer.wait_for(RETRYING, times=2)
            between = batches()
            wait_until(lambda: batches() > between, "the ETL gets through between two tries")
            holder.commit()
            assert installer.finish() == 0, installer.text
        then = batches()
        wait_until(lambda: batches() > then + 5, "the ETL goes on")
        assert refresh(database).quarantined == 0
    refresh(database)
    assert_fresh(database, ZONE)
    assert database.rows("select from ahu.mv_daily_ahu_costs where ahu_id = 'AHU77'") != []


def test_an_uninstall_beside_an_etl_and_dashboards_disturbs_nobody(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=3, days=30, minutes=60)
    install(database, ZONE)
    with (
        etl(database) as batches,
        database.connect(autocommit=False) as holder,
        database.connect(autocommit=False) as dashboard,
    ):
        dashboard.execute("select from ahu.mv_daily_ahu_costs")
        is_held(holder)
        with started(database, "uninstall", "--yes") as remover:
            remover.wait_for(RETRYING)
            dashboard.rollback()
            remover.wait_for(RETRYING, times=2)
            holder.commit()
            assert remover.finish() == 0, remover.text
        then = batches()
        wait_until(lambda: batches() > then + 5, "the ETL goes on")
    assert database.rows("select from pg_namespace where nspname in ('ahu', '_ahu')") == []
    assert database.rows("select from pg_trigger where tgname like '%ahu_note%'") == []


def test_an_uninstall_never_makes_a_deadlock_with_a_writer(database: Database) -> None:
    """A writer that has the raw table and comes to the log only now, and is the first to notice."""
    raw_table(database)
    plant_readings(database, ahus=1, days=2)
    install(database, ZONE)
    with database.connect(autocommit=False) as writer:
        writer.execute("set deadlock_timeout = '10ms'; set lock_timeout = '2s'")
        writer.execute(f"select from {RAW_TABLE} limit 1 for update")
        with started(database, "uninstall", "--yes") as remover:
            wait_until(lambda: waiting_sessions(database, "ahu-sql") > 0, "uninstall waits")
            is_held(writer)
            writer.commit()
            assert remover.finish() == 0, remover.text
    assert database.rows("select from pg_trigger where tgname like '%ahu_note%'") == []


def test_an_upgrade_never_makes_a_deadlock_with_a_writer(database: Database) -> None:
    """The log and the triggers are to change; a writer has the raw table and not yet the log."""
    raw_table(database)
    plant_readings(database, ahus=1, days=2)
    install(database, ZONE)
    database.execute(
        f"drop trigger ahu_note_truncated on {RAW_TABLE}; "
        "update _ahu.ledger set checksum = repeat('0', 64) "
        "where path = '30_tables/pending_changes.sql'"
    )
    with database.connect(autocommit=False) as writer:
        writer.execute("set deadlock_timeout = '10ms'; set lock_timeout = '2s'")
        writer.execute(f"lock table {RAW_TABLE} in row exclusive mode")
        with started(database, "install") as installer:
            wait_until(lambda: waiting_sessions(database, "ahu-sql") > 0, "install waits")
            is_held(writer)
            writer.commit()
            assert installer.finish() == 0, installer.text
    assert database.rows("select from pg_trigger where tgname = 'ahu_note_truncated'") != []


def test_an_install_that_gets_no_lock_changes_nothing(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=1, days=2)
    before = catalog_rows(database)
    with database.connect(autocommit=False) as holder:
        is_held(holder)
        done = ahu_sql("install", "--patience", "2", "--dsn", database.dsn)
        assert done.returncode == 1
        error, detail, hint = done.stderr.strip().splitlines()[-3:]
        assert error == "error: a lock was not free within 2 seconds"
        assert detail.startswith("DETAIL: ") and f"process {holder.info.backend_pid}" in detail
        assert hint.startswith("HINT: ") and "--patience 20" in hint
    assert_same(before, catalog_rows(database))


def test_an_uninstall_that_gets_no_lock_changes_nothing(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=1, days=2)
    install(database, ZONE)
    before = catalog_rows(database, *OUR_TABLES)
    with database.connect(autocommit=False) as holder:
        is_held(holder)
        done = ahu_sql("uninstall", "--yes", "--patience", "2", "--dsn", database.dsn)
        assert done.returncode == 1
        assert "error: a lock was not free within 2 seconds" in done.stderr
    assert_same(before, catalog_rows(database, *OUR_TABLES))
    refresh(database)
    assert_fresh(database, ZONE)
