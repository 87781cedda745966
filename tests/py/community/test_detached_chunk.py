"""A chunk that was detached is raw no more, whatever triggers it still has."""

from __future__ import annotations

from databases import Database
from plant import RAW_TABLE, plant_readings, raw_table
from product import install_product
from refreshing import pending_entries, refresh

VIEW = "select * from ahu.mv_daily_ahu_costs order by day, ahu_id"


def test_deleting_from_a_detached_chunk_erases_no_summary(community_database: Database) -> None:
    database = community_database
    raw_table(database)
    plant_readings(database, ahus=3, days=20, minutes=60)
    install_product(database.dsn)
    before = database.rows(VIEW)
    (chunk,) = database.rows(f"select show_chunks('{RAW_TABLE}')::text order by 1 limit 1")[0]
    database.execute(f"call detach_chunk('{chunk}')")
    database.execute(f"delete from {chunk}")
    assert pending_entries(database) == 0
    refresh(database)
    assert database.rows(VIEW) == before
    # those of the hypertable's own chunks are tracked as ever
    database.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02'")
    assert pending_entries(database) > 0
    refresh(database)
    assert len(database.rows(VIEW)) < len(before)
