"""What many tests rely on: a copy of a site is as one that was installed."""

from __future__ import annotations

from databases import Copies, Database, fresh_database
from in_force import NATIVE, put_in_force
from plant import plant_readings, raw_table
from servers.running import RunningServer
from snapshots import in_order, schema_dump


def build(database: Database) -> None:
    """With a setting and a right of the database's own beside what an install sets."""
    database.execute(
        f"alter database {database.name} set work_mem = '5MB'; "
        f"revoke temporary on database {database.name} from public"
    )
    raw_table(database)
    plant_readings(database, ahus=1, days=2, minutes=360)
    put_in_force(database, NATIVE)


def test_a_copy_is_as_one_that_was_installed(server: RunningServer, copies: Copies) -> None:
    with fresh_database(server) as installed:
        build(installed)
        dump = in_order(schema_dump(installed))
    assert "ahu_read IN DATABASE" in dump and "work_mem" in dump and "REVOKE" in dump
    for _ in range(2):
        with copies.of(build) as copy:
            assert copy.name != installed.name
            found = in_order(schema_dump(copy)).replace(copy.name, installed.name)
            assert found == dump
            copy.execute("drop schema ahu cascade")  # which the next one has again
