"""`ahu-sql doctor --fix` beside writers: none waits for a build, and what was cut short goes on."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from ahu_sql.database import connect
from ahu_sql.doctor.facts import RawTable
from ahu_sql.doctor.fix import Fix
from ahu_sql.doctor.indexes import needs
from ahu_sql.errors import AhuSqlError
from ahu_sql.settings import Source
from databases import Database
from doctoring import codes, examined, findings, indexes
from installing import RETRYING, started
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from sessions import repeated, wait_until

pytestmark = pytest.mark.needs_sessions

# by each session another one
ONE = (
    f"insert into {RAW_TABLE} (timestamp, ahu_id) "
    "values ('2024-02-10 12:00+09', 'AHU' || pg_backend_pid())"
)
BUILDING = "select count(*) from pg_stat_progress_create_index where phase like 'waiting%'"


@pytest.fixture(params=["plain", "partitioned"])
def site(request: pytest.FixtureRequest, database: Database) -> Database:
    """A raw table without any index."""
    raw_table(database, request.param, months=3, hypertable=False)
    plant_readings(database, ahus=2, days=60, minutes=60)
    return database


@contextmanager
def open_transaction(database: Database, statement: str = ONE) -> Iterator[psycopg.Connection[Any]]:
    """Somebody has written, and not committed: an index must wait for him to end."""
    with database.connect(autocommit=False) as session:
        session.execute(statement)
        yield session


def write_impatiently(database: Database) -> None:
    """A writer who is not let in within two seconds gives up, and the test with him."""
    with database.connect() as session:
        session.execute("set lock_timeout = '2s'")
        session.execute(ONE)


def test_it_builds_what_is_missing_and_nothing_is_found_then(site: Database) -> None:
    done = ahu_sql("doctor", "--dsn", site.dsn, "--fix", "--json")
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout)
    assert known["findings"] == []
    assert known["fixed"] == [line for line in done.stderr.splitlines() if line.endswith(";")]
    assert indexes(site, RAW_TABLE) == {
        "ahu_data.energy_readings_timestamp_idx": True,
        "ahu_data.energy_readings_ahu_id_timestamp_idx": True,
    }
    again = ahu_sql("doctor", "--dsn", site.dsn, "--fix")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == f"{RAW_TABLE}: nothing found\n"


def test_writers_go_on_while_it_waits_for_one_of_them(site: Database) -> None:
    with (
        open_transaction(site) as writer,
        repeated(lambda: write_impatiently(site)) as written,
        started(site, "doctor", "--fix") as fix,
    ):
        wait_until(
            lambda: site.scalar(BUILDING) == 1 or fix.count(RETRYING) > 1, "it is in the way"
        )
        before = len(written)
        wait_until(lambda: len(written) >= before + 20, "20 writers have written")
        writer.commit()
        assert fix.finish() == 0, fix.text
    assert findings(site) == ()


def test_a_plain_create_index_would_make_them_wait(database: Database) -> None:
    """So that the test above can fail."""
    raw_table(database, hypertable=False)
    with database.connect(autocommit=False) as builder, database.connect() as writer:
        builder.execute(f"create index on {RAW_TABLE} (timestamp)")
        writer.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            writer.execute(ONE)


def test_after_ctrl_c_the_next_one_drops_what_is_left_and_goes_on(database: Database) -> None:
    raw_table(database, "partitioned", months=3, hypertable=False)
    plant_readings(database, ahus=2, days=60, minutes=60)
    part = f"{RAW_TABLE}_2024_02"
    # Its parent and the partitions before it are free: only this one's build has to wait.
    with (
        open_transaction(database, f"select from {part}") as reader,
        started(database, "doctor", "--fix") as fix,
    ):
        reader.execute(ONE.replace(RAW_TABLE, part))
        # A build that nobody holds up says for a moment, too, that it waits: this one counts.
        held = (
            "select pid from pg_stat_progress_create_index "
            f"where phase like 'waiting%' and relid = '{part}'::regclass"
        )
        wait_until(lambda: database.rows(held), "it builds that one's index")
        (pid,) = database.rows(held)[0]
        os.kill(fix.process.pid, signal.SIGINT)
        assert fix.finish() == 130
        assert fix.said[-3] == "error: interrupted\n"
        assert "Traceback" not in fix.text
        wait_until(
            lambda: not database.rows("select from pg_stat_activity where pid = %s", [pid]),
            "its session is gone",
        )
    assert list(indexes(database, part).values()) == [False]
    assert {"AHU601", "AHU602", "AHU603"} <= set(codes(findings(database)))
    done = ahu_sql("doctor", "--dsn", database.dsn, "--fix")
    left = f"drop index concurrently {part}_timestamp_idx;"
    assert done.stderr.startswith(f"{left}\ncreate index concurrently "), done.stderr
    assert "on only" not in done.stderr.split("ahu_id")[0]
    assert all(indexes(database, RAW_TABLE).values())
    assert "AHU601" not in codes(findings(database))


def test_somebody_in_the_way_is_named_and_nothing_waits_for_ever(site: Database) -> None:
    with open_transaction(site) as writer:
        done = ahu_sql("doctor", "--dsn", site.dsn, "--fix", "--patience", "0.1")
        assert done.returncode == 1
        assert (
            "error: an index could not be built within 0.1 seconds" in done.stderr
            or "error: a lock was not free within 0.1 seconds" in done.stderr
        )
        assert f"process {writer.info.backend_pid} (postgres" in done.stderr
        assert "--patience 1" in done.stderr


def test_a_build_of_somebody_else_is_left_alone(database: Database) -> None:
    raw_table(database, hypertable=False)
    with (
        open_transaction(database) as writer,
        started(database, "doctor", "--fix") as first,
    ):
        wait_until(lambda: database.scalar(BUILDING) == 1, "it builds an index")
        (finding, _) = findings(database)
        assert finding.message.endswith('("timestamp") yet: somebody is building it')
        assert not finding.is_fixable
        done = ahu_sql("doctor", "--dsn", database.dsn, "--fix")
        assert done.returncode == 1
        assert "error: another ahu-sql doctor --fix is at work in this database" in done.stderr
        writer.rollback()
        assert first.finish() == 0


def test_partitions_of_partitions_and_indexes_that_they_have_already_are_used(
    database: Database,
) -> None:
    raw_table(database, "partitioned", months=1)
    database.execute(
        f"create table {RAW_TABLE}_2024_02 partition of {RAW_TABLE} "
        "for values from ('2024-02-01 00:00+00') to ('2024-03-01 00:00+00') "
        "partition by list (ahu_id); "
        f'create table ahu_data."Odd one" partition of {RAW_TABLE}_2024_02 default; '
        f"create index mine on {RAW_TABLE}_2024_01 (timestamp); "
        f'create index spare on ahu_data."Odd one" (timestamp desc)'
    )
    (time, _) = findings(database)
    assert time.message.endswith('no index on ("timestamp") in 1 of its 3 partitions')
    done = ahu_sql("doctor", "--dsn", database.dsn, "--fix")
    assert done.returncode == 0, done.stderr
    assert "attach partition ahu_data.mine;" in done.stderr
    assert "attach partition ahu_data.spare;" in done.stderr
    assert all(index.is_valid for index in examined(database.dsn).raw.indexes)
    # A partition that comes later has them.
    database.execute(
        f"create table {RAW_TABLE}_2024_03 partition of {RAW_TABLE} "
        "for values from ('2024-03-01 00:00+00') to ('2024-04-01 00:00+00')"
    )
    assert len(indexes(database, f"{RAW_TABLE}_2024_03")) == 2


def test_who_does_not_own_the_table_is_told_who_does(database: Database) -> None:
    raw_table(database, hypertable=False)
    database.execute("create role stranger login")
    done = ahu_sql("doctor", "--dsn", database.server.dsn(database.name, "stranger"), "--fix")
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"error: role stranger may not index {RAW_TABLE}\n"
        "DETAIL: That is for role postgres, who owns it, or a superuser.\n"
    )
    assert indexes(database, RAW_TABLE) == {}


def test_it_does_not_build_for_ever_what_never_comes(database: Database) -> None:
    raw_table(database, hypertable=False)

    def look_without_seeing() -> RawTable:
        return replace(examined(database.dsn).raw, indexes=())

    with connect(database.dsn) as connection:
        fix = Fix(connection, database.dsn, look_without_seeing, patience_s=10, say=print)
        with pytest.raises(AhuSqlError, match="an index was built, and is missing still"):
            fix.build(needs(Source(), "text"))
