"""A refresh that meets somebody who rewrites the raw table: it waits, and misses no reading."""

from __future__ import annotations

import psycopg
import pytest

from databases import Database
from in_force import NATIVE, ZONE, put_in_force
from plant import RAW_TABLE, plant_readings, raw_table
from refreshing import assert_fresh, call, refresh
from sessions import background, wait_until_blocked

# each reading is written anew, and no older snapshot sees it then
REWRITE = f"alter table {RAW_TABLE} add column batch uuid default gen_random_uuid()"


@pytest.mark.parametrize("kind", ["plain", "partitioned"])
@pytest.mark.parametrize("settings", [(), (NATIVE,)], ids=["incremental", "native"])
def test_a_refresh_waits_for_a_rewrite_and_sees_all_readings(
    database: Database, kind: str, settings: tuple[str, ...]
) -> None:
    raw_table(database, "partitioned" if kind == "partitioned" else "plain")
    put_in_force(database, *settings)
    plant_readings(database, ahus=3, days=9, minutes=60)
    with (
        database.connect(autocommit=False) as owner,
        database.connect() as refresher,
    ):
        owner.execute(REWRITE)
        with background(lambda: call(refresher)) as answer:
            wait_until_blocked(database, refresher.info.backend_pid)
            owner.commit()
        assert answer.result().readings == 3 * 9 * 24
    assert_fresh(database, ZONE)


def test_a_backfill_waits_for_a_rewrite_too(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=3, days=9, minutes=60)
    put_in_force(database)
    database.execute("update _ahu.source set backfill_marked_at = null")
    with (
        database.connect(autocommit=False) as owner,
        database.connect() as installer,
    ):
        owner.execute(REWRITE)
        with background(lambda: installer.execute("call _ahu.mark_backfill()")):
            wait_until_blocked(database, installer.info.backend_pid)
            owner.commit()
    assert refresh(database).days == 9
    assert_fresh(database, ZONE)


@pytest.mark.parametrize("settings", [(), (NATIVE,)], ids=["incremental", "native"])
def test_a_snapshot_older_than_a_rewrite_is_refused(
    database: Database, settings: tuple[str, ...]
) -> None:
    raw_table(database)
    put_in_force(database, *settings)
    plant_readings(database, ahus=3, days=9, minutes=60)
    with database.connect(autocommit=False) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.execute("select 1")
        database.execute(REWRITE)
        with pytest.raises(psycopg.errors.SerializationFailure) as caught:
            call(session)
        assert caught.value.diag.message_primary == (
            "the raw table was rewritten since this transaction began"
        )
        session.rollback()
        call(session)
        session.commit()
    assert_fresh(database, ZONE)
