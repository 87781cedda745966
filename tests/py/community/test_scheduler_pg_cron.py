"""`ahu.schedule_refresh` on pg_cron, whose jobs really fire in the background."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from databases import Database
from plant import raw_table
from product import ahu_sql, install_product
from sessions import wait_until

JOBS = "select jobid, schedule, database, username from cron.job"
RUNS = "select status, return_message from cron.job_run_details order by runid"
ONE_READING = (
    "insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)"
    " values ('2024-03-05 12:00+09', 'AHU01', 7)"
)
SUCCEEDED = "select count(*) from cron.job_run_details where status = 'succeeded'"


def installed(database: Database) -> Database:
    """The product where pg_cron is."""
    raw_table(database)
    install_product(database.dsn)
    return database


def schedule(database: Database, every: str) -> tuple[Any, ...]:
    """The scheduler and the job's number, as the caller gets them."""
    return database.rows("call ahu.schedule_refresh(%s::interval)", [every])[0]


def rights(database: Database) -> set[tuple[str, str]]:
    """Who may do what in pg_cron's schema, by grants and by policies."""
    return set(
        database.rows(
            """
            select p.tablename || ': ' || p.policyname, p.roles::text || p.qual
            from pg_policies as p
            where p.schemaname = 'cron'
            union all
            select n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner))::text
            from pg_namespace as n
            where n.nspname = 'cron'
            union all
            select c.relname, coalesce(c.relacl::text, '')
            from pg_class as c
            where c.relnamespace = 'cron'::regnamespace
            """
        )
    )


def seen_by_a_reader(database: Database, columns: str) -> tuple[Any, ...]:
    """What ahu.freshness says of the job to somebody without any right on pg_cron."""
    with database.connect(user="ahu_read") as reader:
        (row,) = reader.execute(f"select distinct {columns} from ahu.freshness").fetchall()
    return tuple(row)


def test_a_job_fires_at_the_full_minute(cron_database: Database) -> None:
    site = installed(cron_database)
    scheduler, job = schedule(site, "1 minute")
    assert scheduler == "pg_cron"
    assert seen_by_a_reader(site, "job_id, job_schedule, job_last_run") == (job, "* * * * *", None)
    site.execute(ONE_READING)
    wait_until(
        lambda: bool(site.rows("select from ahu.mv_daily_ahu_costs where electricity_cost = 7")),
        "the job's refresh",
        patience_s=90,
    )
    wait_until(lambda: site.rows(RUNS) == [("succeeded", "CALL")], "the end of the run")
    last, following, error = seen_by_a_reader(
        site, "job_last_run, job_next_run - date_trunc('minute', now()), job_last_error"
    )
    assert last is not None and error is None
    assert following.total_seconds() == 60
    assert ahu_sql("status", "--dsn", site.dsn).returncode == 0


def test_a_job_skips_while_a_refresh_runs_and_shows_its_failure(
    quick_cron_database: Database,
) -> None:
    site = installed(quick_cron_database)
    with site.connect(autocommit=False) as busy:
        busy.execute("call ahu.refresh_dashboard_views()")  # holds the lock until it commits
        site.execute(ONE_READING)
        schedule(site, "1 second")
        wait_until(lambda: site.scalar(SUCCEEDED) >= 2, "two runs that skipped")
        assert site.rows("select from ahu.mv_daily_ahu_costs") == []
        assert site.rows("select from cron.job_run_details where status = 'failed'") == []
        busy.rollback()
    wait_until(lambda: bool(site.rows("select from ahu.mv_daily_ahu_costs")), "a run that works")
    assert seen_by_a_reader(site, "job_last_error, job_last_error_at") == (None, None)

    site.execute("alter table ahu_data.energy_readings rename column sf_cost_krw to moved")
    site.execute(ONE_READING.replace("sf_cost_krw", "moved"))
    wait_until(
        lambda: "sf_cost_krw" in str(seen_by_a_reader(site, "job_last_error")[0]),
        "the failure in ahu.freshness",
    )
    said = ahu_sql("status", "--dsn", site.dsn)
    assert said.returncode == 1
    assert "job: run of " in said.stderr and "sf_cost_krw" in said.stderr


def test_one_job_whatever_is_called_and_nothing_left(cron_database: Database) -> None:
    site = installed(cron_database)
    before = rights(site)

    _, job = schedule(site, "6 minutes")
    assert site.rows(JOBS) == [(job, "*/6 * * * *", site.name, "postgres")]
    for every, expression in (
        ("1 hour", "0 * * * *"),
        ("4 hours", "0 */4 * * *"),
        ("1 day", "0 0 * * *"),
        ("1 minute", "* * * * *"),
        ("30 minutes", "*/30 * * * *"),
    ):
        assert schedule(site, every) == ("pg_cron", job)
        assert site.rows(JOBS) == [(job, expression, site.name, "postgres")]

    for every in ("7 minutes", "5 hours", "30 seconds", "90 seconds", "2 days", "1.5 seconds"):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="pg_cron cannot") as caught:
            schedule(site, every)
        assert "1 to 59 seconds" not in str(caught.value.diag.message_detail)
    assert site.rows(JOBS) == [(job, "*/30 * * * *", site.name, "postgres")]

    site.execute("call ahu.unschedule_refresh()")
    site.execute("call ahu.unschedule_refresh()")
    assert site.rows(JOBS) == []
    assert rights(site) == before


def test_uninstall_takes_the_job_along(cron_database: Database) -> None:
    site = installed(cron_database)
    schedule(site, "6 minutes")
    assert ahu_sql("uninstall", "--yes", "--roles", "--dsn", site.dsn).returncode == 0
    assert site.rows(JOBS) == []


def test_another_job_of_pg_cron_stays_hidden_from_readers(cron_database: Database) -> None:
    site = installed(cron_database)
    site.execute("select cron.schedule('secret', '0 0 * * *', 'select 1')")
    schedule(site, "6 minutes")
    with site.connect() as session:
        session.execute("set role ahu_owner")
        assert session.execute("select jobname from cron.job").fetchall() == [("ahu-sql refresh",)]
