"""What happens to a raw table after install: it becomes a hypertable, it loses a column."""

from __future__ import annotations

import pytest

from databases import Database
from in_force import LOOKBACK, ZONE, add_reading, freshness, our_triggers, put_in_force
from plant import RAW_TABLE, into_hypertable, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, refresh

DROP_COLUMN = f"alter table {RAW_TABLE} drop column outdoor_humidity"
# where TimescaleDB's triggers are right again
MENDED = (2, 26, 4)


@pytest.fixture
def needs_the_fault(database: Database) -> None:
    """A TimescaleDB whose triggers see wrong rows once a column was dropped."""
    text = database.scalar("select extversion from pg_extension where extname = 'timescaledb'")
    if tuple(int(part) for part in text.split("-")[0].split(".")) >= MENDED:
        pytest.skip(f"TimescaleDB {text} is right after a dropped column")


def test_a_table_that_became_a_hypertable_gets_the_right_triggers(database: Database) -> None:
    raw_table(database, hypertable=False)
    plant_readings(database, ahus=2, days=20, minutes=60)
    put_in_force(database)
    triggers = our_triggers(database)
    database.execute(into_hypertable(", migrate_data => true"))
    # its DELETE trigger wants to see all rows of a statement, and a hypertable's chunks lack it
    assert freshness(database, "is_tracked") == (False,)
    assert "tracking: " in ahu_sql("status", "--dsn", database.dsn).stderr
    plan = ahu_sql("plan", "--dsn", database.dsn)
    assert plan.returncode == 1 and "repair   triggers of the raw table" in plan.stdout

    database.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02' and timestamp > '2024-01-15'")
    done = ahu_sql("install", "--dsn", database.dsn)
    assert done.returncode == 0, done.stderr
    assert freshness(database, "is_tracked") == (True,)
    assert our_triggers(database) == triggers
    database.execute("call ahu.mark_changed('2024-01-01', '2024-01-31', trust_raw => true)")
    refresh(database)
    assert_fresh(database, ZONE)
    database.execute(f"delete from {RAW_TABLE} where extract(hour from timestamp) = 5")
    add_reading(database, "2024-05-01")
    assert refresh(database).quarantined == 0
    assert_fresh(database, ZONE)


@pytest.mark.usefixtures("needs_the_fault")
def test_a_hypertable_that_lost_a_column_is_refused_and_lookback_is_offered(
    database: Database,
) -> None:
    raw_table(database)
    database.execute(DROP_COLUMN)
    plant_readings_without_humidity(database)
    refused = ahu_sql("install", "--dsn", database.dsn)
    assert refused.returncode == 2
    assert "that a column was dropped from" in refused.stderr
    assert "ahu-sql install --set refresh.tracking=lookback" in refused.stderr
    assert database.rows("select from pg_namespace where nspname in ('ahu', '_ahu')") == []

    done = ahu_sql("install", "--dsn", database.dsn, "--set", LOOKBACK)
    assert done.returncode == 0, done.stderr
    assert our_triggers(database) == set()
    database.execute(f"update {RAW_TABLE} set sf_cost_krw = 3; delete from {RAW_TABLE} where false")
    refresh(database)
    assert_fresh(database, ZONE)


@pytest.mark.usefixtures("needs_the_fault")
def test_a_column_that_is_dropped_after_install_is_told(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=1, days=3)
    put_in_force(database)
    assert freshness(database, "is_tracked") == (True,)
    database.execute(DROP_COLUMN)
    assert freshness(database, "is_tracked") == (False,)
    status = ahu_sql("status", "--dsn", database.dsn)
    assert status.returncode == 1 and "tracking: " in status.stderr
    refused = ahu_sql("install", "--dsn", database.dsn)
    assert refused.returncode == 2 and LOOKBACK in refused.stderr
    put_in_force(database, LOOKBACK)
    assert freshness(database, "is_tracked") == (None,)
    assert our_triggers(database) == set()
    assert_fresh(database, ZONE)


def test_a_column_may_be_dropped_from_a_table_that_is_no_hypertable(database: Database) -> None:
    raw_table(database, hypertable=False)
    database.execute(DROP_COLUMN)
    put_in_force(database)
    assert freshness(database, "is_tracked") == (True,)
    add_reading(database, "2024-01-05")
    refresh(database)
    assert_fresh(database, ZONE)


def plant_readings_without_humidity(database: Database) -> None:
    """Five days of one AHU, all of them within the lookback."""
    database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) select t, 'AHU01', 1 "
        "from generate_series('2024-01-01+09'::timestamptz, '2024-01-05+09', '1 hour') as t"
    )
