"""Install again: nothing changes in any catalog, and the raw table is not even looked at."""

from __future__ import annotations

from typing import Literal

import pytest

from databases import Database
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, install
from servers.catalogue import chosen_server
from snapshots import OUR_TABLES, assert_same, catalog_rows

ZONE = "Asia/Seoul"


@pytest.mark.parametrize("kind", ["plain", "partitioned"])
def test_a_second_install_changes_no_row_of_any_catalog(
    database: Database, kind: Literal["plain", "partitioned"]
) -> None:
    raw_table(database, kind)
    plant_readings(database, ahus=2, days=3)
    install(database, ZONE)
    before = catalog_rows(database, *OUR_TABLES)
    assert len(before) > 50 and all(before[table] for table in OUR_TABLES if table != OUR_TABLES[2])
    for verb in ("install", "plan", "install"):
        done = ahu_sql(verb, "--dsn", database.dsn, "--set", f"source.time_zone={ZONE}")
        assert done.returncode == 0, done.stderr
    assert_same(before, catalog_rows(database, *OUR_TABLES))
    assert_fresh(database, ZONE)


def test_a_second_install_takes_no_lock_on_the_raw_table(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=2, days=3)
    install(database, ZONE)
    with database.connect(autocommit=False) as holder:
        holder.execute(f"lock table {RAW_TABLE} in access exclusive mode")
        for verb, options in (("install", ["--patience", "1"]), ("plan", []), ("status", [])):
            done = ahu_sql(verb, "--dsn", database.dsn, *options)
            assert done.returncode == 0, done.stderr
    assert_fresh(database, ZONE)


def test_a_snapshot_of_the_catalogs_sees_the_smallest_change(database: Database) -> None:
    """The tests above can fail: one comment, rewritten with the same words, is a change."""
    raw_table(database)
    install(database, ZONE)
    say = "comment on column ahu.settings.stale_after is 'the same'"
    database.execute(say)
    before = catalog_rows(database, *OUR_TABLES)
    assert_same(before, catalog_rows(database, *OUR_TABLES))
    for change in (say, "update ahu.settings set keep_runs = keep_runs"):
        database.execute(change)
        with pytest.raises(AssertionError):
            assert_same(before, catalog_rows(database, *OUR_TABLES))


@pytest.mark.skipif(
    chosen_server().has_timescaledb, reason="its worker's session is in what would be copied"
)
def test_an_install_in_a_copy_leaves_the_original_alone(database: Database) -> None:
    """What is noted of a database's grants is of the one that it stands in, whatever its name."""
    raw_table(database)
    install(database, ZONE, "--set", "refresh.strategy=native")
    database.execute(f"revoke temporary on database {database.name} from public")
    install(database, ZONE, "--set", "refresh.strategy=native")
    rights = "select datacl::text from pg_database where datname = current_database()"
    before = database.scalar(rights)
    name = f"{database.name}_copy"
    database.execute(f"create database {name} template {database.name}")
    copy = Database(database.server, name, database.has_timescaledb)
    try:
        install(copy, ZONE)
        assert database.scalar(rights) == before
        grants = "select distinct object_name from _ahu.site_grants where object_type = 'database'"
        assert copy.rows(grants) == []
        for role in ("ahu_read", "ahu_write"):
            assert copy.scalar(f"select has_database_privilege('{role}', '{name}', 'connect')")
    finally:
        database.execute(f"drop database {name} with (force)")
