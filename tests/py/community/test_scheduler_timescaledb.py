"""`ahu.schedule_refresh` on TimescaleDB's scheduler: one job, whose runs are our refreshes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from databases import Database
from plant import raw_table
from product import ahu_sql, install_product
from refreshing import pending_entries

JOBS = """
    select job_id, schedule_interval, proc_name, check_name, owner::text
    from timescaledb_information.jobs
    where proc_schema = '_ahu'
"""
ONE_READING = (
    "insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)"
    " values ('2024-03-05 12:00+09', 'AHU01', 7)"
)


@pytest.fixture
def site(community_database: Database) -> Database:
    """The product on a hypertable, where jobs are."""
    raw_table(community_database)
    install_product(community_database.dsn)
    return community_database


def schedule(database: Database, every: str) -> tuple[Any, ...]:
    """The scheduler and the job's number, as the caller gets them."""
    return database.rows("call ahu.schedule_refresh(%s::interval)", [every])[0]


def job_of(database: Database) -> int:
    """The number of our one job."""
    ((job, *_),) = database.rows(JOBS)
    return int(job)


def test_there_is_one_job_with_the_interval(site: Database) -> None:
    answer = schedule(site, "6 minutes")
    assert site.rows(JOBS) == [
        (answer[1], timedelta(minutes=6), "refresh_job", "check_refresh_job", "postgres")
    ]
    assert answer[0] == "timescaledb"


def test_a_second_call_changes_the_interval_of_the_same_job(site: Database) -> None:
    first = schedule(site, "1 day")
    assert schedule(site, "6 minutes") == first
    ((job, every, *_),) = site.rows(JOBS)
    assert (job, every) == (first[1], timedelta(minutes=6))
    # and it does not wait for a day before that takes effect
    wait = site.scalar("select min(job_next_run) - now() from ahu.freshness")
    assert timedelta(0) < wait <= timedelta(minutes=6)


def test_a_run_refreshes(site: Database) -> None:
    schedule(site, "6 minutes")
    site.execute(ONE_READING)
    site.execute(f"call run_job({job_of(site)})")
    assert site.scalar("select electricity_cost from ahu.mv_daily_ahu_costs") == 7
    assert site.rows("select outcome, called_by from ahu.refresh_runs") == [
        ("refreshed", "postgres")
    ]
    assert pending_entries(site) == 0


def test_a_run_folds_as_many_days_as_its_config_says(site: Database) -> None:
    schedule(site, "6 minutes")
    job = job_of(site)
    site.execute(f"""select alter_job({job}, config => '{{"max_days": 1}}')""")
    site.execute(ONE_READING)
    site.execute(ONE_READING.replace("03-05", "03-06"))
    site.execute(f"call run_job({job})")
    assert site.scalar("select count(*) from ahu.mv_daily_ahu_costs") == 1


@pytest.mark.parametrize(
    "config", ['{"max_day": 1}', '{"max_days": 0}', '{"max_days": "x"}', "[]", '{"max_days": 1.5}']
)
def test_a_config_that_it_does_not_understand_is_refused(site: Database, config: str) -> None:
    schedule(site, "6 minutes")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="cannot have this config"):
        site.execute("select alter_job(%s, config => %s::jsonb)", [job_of(site), config])


def test_a_failing_refresh_raises_its_own_error(site: Database) -> None:
    schedule(site, "6 minutes")
    site.execute(ONE_READING)
    site.execute("alter table ahu_data.energy_readings rename column sf_cost_krw to moved")
    with pytest.raises(psycopg.errors.UndefinedColumn, match="sf_cost_krw"):
        site.execute(f"call run_job({job_of(site)})")
    site.execute("alter table ahu_data.energy_readings rename column moved to sf_cost_krw")
    site.execute(f"call run_job({job_of(site)})")
    assert site.scalar("select electricity_cost from ahu.mv_daily_ahu_costs") == 7


def test_freshness_and_status_show_the_job(site: Database) -> None:
    assert site.rows("select distinct scheduler, job_id from ahu.freshness") == [(None, None)]
    _, job = schedule(site, "6 minutes")
    with site.connect(user="ahu_read") as reader:
        shown = reader.execute(
            "select distinct scheduler, job_id, job_schedule, job_last_run, job_last_error,"
            " job_next_run <= now() from ahu.freshness"
        ).fetchall()
    assert shown == [("timescaledb", job, "every 00:06:00", None, None, True)]
    said = ahu_sql("status", "--dsn", site.dsn)
    assert said.returncode == 0
    assert "every 00:06:00" in said.stdout


def test_unschedule_leaves_nothing(site: Database) -> None:
    schedule(site, "6 minutes")
    site.execute("call ahu.unschedule_refresh()")
    assert site.rows(JOBS) == []
    assert site.rows("select distinct scheduler, job_id from ahu.freshness") == [(None, None)]
    site.execute("call ahu.unschedule_refresh()")  # nothing to do is no error


def test_uninstall_takes_the_job_along(site: Database) -> None:
    schedule(site, "6 minutes")
    assert ahu_sql("uninstall", "--yes", "--dsn", site.dsn).returncode == 0
    assert site.rows(JOBS) == []


@pytest.mark.parametrize("every", ["0", "-1 hour", "0.5 seconds"])
def test_no_interval_to_speak_of_is_refused(site: Database, every: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        schedule(site, every)
    assert caught.value.diag.message_hint is not None
    assert "call ahu.schedule_refresh('6 minutes')" in caught.value.diag.message_hint
    assert site.rows(JOBS) == []
