"""What the fixtures `cron_database` and `quick_cron_database` promise: jobs fire by themselves."""

from __future__ import annotations

import time

import psycopg
import pytest

from databases import Database


def fires(database: Database, schedule: str, within_s: float) -> None:
    """Schedule a statement as pg_cron 1.4 already takes it, and wait until it has run."""
    database.execute("create table fired as select 1 as n with no data")
    query = "select cron.schedule('mark', %s, 'insert into fired values (1)')"
    job = database.scalar(query, [schedule])
    deadline = time.monotonic() + within_s
    while not database.scalar("select count(*) from fired"):
        assert time.monotonic() < deadline, database.rows("table cron.job_run_details")
        time.sleep(0.2)
    ended = "select count(*) from cron.job_run_details where jobid = %s and status = 'succeeded'"
    while not database.scalar(ended, [job]):
        assert time.monotonic() < deadline, database.rows("table cron.job_run_details")
        time.sleep(0.2)


def test_pg_cron_1_4_fires_at_the_full_minute(cron_database: Database) -> None:
    assert int(cron_database.scalar("show server_version_num")) // 10_000 == 15
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="invalid schedule"):
        cron_database.execute("select cron.schedule('quick', '1 seconds', 'select 1')")
    fires(cron_database, "* * * * *", within_s=90)


def test_pg_cron_1_6_fires_after_a_second(quick_cron_database: Database) -> None:
    fires(quick_cron_database, "1 seconds", within_s=60)
