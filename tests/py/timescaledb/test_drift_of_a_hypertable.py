"""Drift where the raw table is a hypertable: its owner was granted what new chunks need."""

from __future__ import annotations

from databases import Database
from drifting import dump
from in_force import assert_exact, our_triggers, put_in_force
from plant import RAW_TABLE, plant_readings, raw_table
from refreshing import refresh


def test_what_was_dropped_with_the_triggers_comes_back_with_them(database: Database) -> None:
    raw_table(database)
    database.execute(f"create role plant; alter table {RAW_TABLE} owner to plant")
    plant_readings(database, ahus=2, days=3)
    put_in_force(database)
    assert put_in_force(database).repairs == ()
    before, triggers = dump(database), our_triggers(database)
    database.execute("drop function _ahu.note_deleted_reading() cascade")
    database.execute("revoke all on schema _ahu from plant")
    assert put_in_force(database).repairs == (
        "function _ahu.note_deleted_reading(): it was dropped",
        "triggers of the raw table, and a backfill of what they missed",
    )
    assert (dump(database), our_triggers(database)) == (before, triggers)
    database.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU01'")
    refresh(database)
    assert_exact(database)
