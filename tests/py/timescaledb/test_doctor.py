"""`ahu-sql doctor` on a hypertable: TimescaleDB builds no index concurrently, we chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from ahu_sql.doctor.rules import diagnose
from databases import Database
from doctoring import codes, examined, findings, indexes, paste
from installing import RETRYING, started
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from sessions import repeated, wait_until

CHUNKS = f"select c::text from show_chunks('{RAW_TABLE}') as c order by 1"


@pytest.fixture
def site(database: Database) -> Database:
    """Three chunks, without any index."""
    raw_table(database)
    plant_readings(database, ahus=2, days=16, minutes=60)
    database.execute("drop index ahu_data.energy_readings_timestamp_idx")
    return database


def fix(database: Database) -> str:
    """`ahu-sql doctor --fix`, after which nothing is left; what it said."""
    done = ahu_sql("doctor", "--dsn", database.dsn, "--fix")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


@contextmanager
def writing(database: Database, statement: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody has written, and has not committed."""
    with database.connect(autocommit=False) as session:
        session.execute(statement)
        yield session


def is_indexed(database: Database, table: str) -> bool:
    """Whether a chunk has both, and may use them."""
    found = indexes(database, table)
    return len(found) == 2 and all(found.values())


def test_its_statements_mend_it(site: Database) -> None:
    found = findings(site)
    assert codes(found) == ["AHU601", "AHU602"]
    paste(site, found)
    assert findings(site) == ()
    assert all(is_indexed(site, chunk) for (chunk,) in site.rows(CHUNKS))


def test_a_fix_indexes_each_chunk_and_those_to_come_and_queries_use_it(site: Database) -> None:
    said = fix(site)
    assert said.count("on only ahu_data.energy_readings") == 2
    assert said.count("create index concurrently") == 6
    site.execute(f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-05-01', 'AHU01')")
    chunks = [chunk for (chunk,) in site.rows(CHUNKS)]
    assert len(chunks) == 4
    assert all(is_indexed(site, chunk) for chunk in chunks)
    with site.connect() as session:
        session.execute("set enable_seqscan = off")
        plan = session.execute(
            f"explain select from {RAW_TABLE} where timestamp >= '2024-01-12 00:00+00' "
            "and timestamp < '2024-01-13 00:00+00' and ahu_id = 'AHU01'"
        ).fetchall()
    assert any("using _hyper_" in line and "_timestamp_idx" in line for (line,) in plan)


def test_writers_go_on_beside_it(site: Database) -> None:
    """Somebody writes to the chunk that is being indexed, and has not committed."""
    one = (
        f"insert into {RAW_TABLE} (timestamp, ahu_id) "
        "values ('2024-01-12 12:00+00', 'AHU' || pg_backend_pid())"
    )

    def write() -> None:
        with site.connect() as session:
            session.execute("set lock_timeout = '2s'")
            session.execute(one)

    def is_in_the_way() -> bool:
        waiting = "select from pg_stat_progress_create_index where phase like 'waiting%'"
        return building.count(RETRYING) > 1 or bool(site.rows(waiting))

    with (
        writing(site, one) as writer,
        repeated(write) as written,
        started(site, "doctor", "--fix") as building,
    ):
        wait_until(is_in_the_way, "it is in the way")
        before = len(written)
        wait_until(lambda: len(written) >= before + 20, "20 writers have written")
        writer.commit()
        assert building.finish() == 0, building.text
    assert findings(site) == ()


def test_timescaledb_s_own_way_locks_writers_out_of_a_chunk(site: Database) -> None:
    """Which is why it is not taken: transaction_per_chunk holds each chunk while it is at it."""
    (first, *_) = [chunk for (chunk,) in site.rows(CHUNKS)]
    with site.connect(autocommit=False) as reader, site.connect() as builder:
        # What it waits for in the second chunk, having the first one behind it.
        reader.execute(f"lock table {site.rows(CHUNKS)[1][0]} in row exclusive mode")
        builder.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            builder.execute(
                f"create index per_chunk on {RAW_TABLE} (timestamp) "
                "with (timescaledb.transaction_per_chunk)"
            )
    assert indexes(site, RAW_TABLE) == {"ahu_data.per_chunk": False}
    assert len(indexes(site, first)) == 1
    # What that left is found, and a fix begins with it.
    found = findings(site)
    assert codes(found) == ["AHU601", "AHU602", "AHU603"]
    assert fix(site).startswith("drop index ahu_data.per_chunk;\n")
    assert findings(site) == ()


def test_a_build_of_a_chunk_that_was_cut_short_is_dropped_and_done_again(site: Database) -> None:
    fix(site)
    (chunk, *_) = [chunk for (chunk,) in site.rows(CHUNKS)]
    name = next(name for name in indexes(site, chunk) if name.endswith("chunk_timestamp_idx"))
    site.execute("update pg_index set indisvalid = false where indexrelid = %s::regclass", [name])
    (missing, invalid) = findings(site)
    assert missing.message.endswith('no index on ("timestamp") in 1 of its 3 chunks')
    assert invalid.statements == (f"drop index concurrently {name};",)
    assert fix(site).startswith(f"drop index concurrently {name};\ncreate index concurrently")
    assert is_indexed(site, chunk)


def test_faults_of_this_timescaledb_are_told_a_dropped_column_as_a_finding(site: Database) -> None:
    fix(site)
    version = site.scalar("select extversion from pg_extension where extname = 'timescaledb'")
    if version != "2.19.3":
        pytest.skip(f"TimescaleDB {version} has other faults, or none")
    assert codes(diagnose(examined(site.dsn))) == ["AHU653", "AHU654"]
    site.execute(f"alter table {RAW_TABLE} drop column outdoor_humidity")
    (finding,) = findings(site)
    assert finding.code == "AHU652"
    assert finding.statements == ("alter extension timescaledb update;",)


def test_times_without_zone_become_instants_there_too(database: Database) -> None:
    raw_table(database, hypertable=False)
    database.execute(f"alter table {RAW_TABLE} alter timestamp type timestamp")
    database.execute(f"select create_hypertable('{RAW_TABLE}', 'timestamp')")
    database.execute(f"insert into {RAW_TABLE} values ('2024-01-01 09:00', 'AHU01')")
    paste(database, [finding for finding in findings(database) if finding.code == "AHU611"])
    assert database.scalar(f"select timestamp = '2024-01-01 00:00+00' from {RAW_TABLE}")
    assert "AHU611" not in codes(findings(database))
