"""The example's ETL: each hour's readings are in raw once and in the views, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from databases import Database
from examples.airflow.hours import Hour, csv_of
from examples.airflow.readme import connections, folder_variable
from examples.airflow.runs import Airflow, Run
from examples.airflow.slow import (
    sessions_of_the_etl,
    slow_file,
    wait_until_loading,
    write_most_of,
    writing_to,
)
from pooler.site import PooledSite
from refreshing import assert_fresh
from sessions import wait_until

ZONE = "Asia/Seoul"
DAG = "ahu_readings"
LOAD, REFRESH = "load_readings", "refresh_dashboard_views"
NO_RETRY = {"retries": 0}

OUTSIDE = "1 of 450 readings are there twice, or not of the hour"
FILES = {
    "that is there twice": (lambda hour: [*hour.readings()[:-1], hour.readings()[7]], OUTSIDE),
    "of another hour": (
        lambda hour: [*hour.readings()[:-1], (hour.ends, *hour.readings()[-1][1:])],
        OUTSIDE,
    ),
    "that is no number": (
        lambda hour: [*hour.readings()[:-1], (*hour.readings()[-1][:-1], "n/a")],
        'line 450, column electricity_cost_krw: "n/a"',
    ),
}


@pytest.mark.parametrize("version", ["1.18", "1.24"])
def test_a_run_loads_its_hour_refreshes_the_views_and_logs_what_the_call_answered(
    airflow: Airflow, poolers: dict[str, PooledSite], version: str, folder: Path, hour: Hour
) -> None:
    site = poolers[version]
    hour.put(hour.readings())
    variables = connections(site.pooler) | folder_variable(folder)
    run = airflow.ran(DAG, hour.ends, variables)
    assert run.end() == 0, run.text
    assert hour.in_raw(site.database) == hour.readings()
    assert_fresh(site.database, ZONE, fast=True)
    names = ("outcome", "days", "keys", "readings", "quarantined", "days_pending")
    newest = site.database.rows(
        f"select called_by, {', '.join(names)} from ahu.refresh_runs "
        "order by started_at desc limit 1"
    )
    assert newest == [("ahu_write", *run.result().values())]
    assert run.result() == dict(zip(names, newest[0][1:], strict=True))
    assert run.result()["outcome"] == "refreshed"
    assert json.loads(airflow.xcom(REFRESH)[-1]) == run.result()


def test_a_second_run_of_an_hour_leaves_what_its_file_has_then(
    airflow: Airflow, plant: PooledSite, environment: dict[str, str], hour: Hour
) -> None:
    hour.put(hour.readings())
    assert airflow.ran(DAG, hour.ends, environment).end() == 0
    corrected = hour.readings(factor=3)[5:]
    hour.put(corrected)
    run = airflow.ran(DAG, hour.ends, environment)
    assert run.end() == 0, run.text
    assert f"{len(corrected)} readings, in place of {len(hour.readings())}" in run.text
    assert hour.in_raw(plant.database) == corrected
    assert_fresh(plant.database, ZONE, fast=True)


def test_killed_in_mid_load_it_has_changed_nothing_and_the_next_try_loads_all(
    airflow: Airflow, plant: PooledSite, environment: dict[str, str], hour: Hour
) -> None:
    hour.put(hour.readings())
    assert airflow.ran(DAG, hour.ends, environment).end() == 0
    more = hour.readings(factor=2, minutes=1)
    file = slow_file(hour)
    with (
        airflow.running(DAG, hour.ends, environment) as run,
        writing_to(file) as writing,
    ):
        write_most_of(writing, csv_of(more))
        wait_until_loading(plant.database)
        run.call.kill()
        wait_until(lambda: sessions_of_the_etl(plant.database) == 0, "its backend is gone")
    assert hour.in_raw(plant.database) == hour.readings()
    hour.put(more)
    assert airflow.ran(DAG, hour.ends, environment).end() == 0
    assert hour.in_raw(plant.database) == more
    assert_fresh(plant.database, ZONE, fast=True)


def test_a_lost_connection_is_mended_by_a_retry_of_the_same_run(
    airflow: Airflow, plant: PooledSite, environment: dict[str, str], hour: Hour
) -> None:
    readings = hour.readings(minutes=1)
    file = slow_file(hour)
    soon = {LOAD: {"retry_delay": 0}}
    with airflow.running(DAG, hour.ends, environment, soon) as run:
        with writing_to(file) as writing:
            write_most_of(writing, csv_of(readings))
            wait_until_loading(plant.database)
            plant.database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where usename = 'ahu_write' and state = 'active'"
            )
            hour.put(readings)  # what the second try finds
        assert run.end() == 0, run.text
    assert "new_state=up_for_retry" in run.text
    assert hour.in_raw(plant.database) == readings
    assert_fresh(plant.database, ZONE, fast=True)


def test_a_try_that_airflow_has_given_up_and_the_next_one_do_not_load_twice(
    airflow: Airflow, plant: PooledSite, environment: dict[str, str], hour: Hour
) -> None:
    """Whatever isolation a connection of the pool begins with."""
    readings = hour.readings(minutes=1)
    file = slow_file(hour)
    once = {LOAD: NO_RETRY}
    with (
        airflow.running(DAG, hour.ends, environment, once) as first,
        writing_to(file) as writing,
    ):
        rest = write_most_of(writing, csv_of(readings))
        wait_until_loading(plant.database)
        hour.put(readings)
        # a run of the same hour, which Airflow does not know as the same
        later = hour.ends + timedelta(seconds=30)
        with airflow.running(DAG, later, environment, once) as second:
            waiting = (
                "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
            )
            with repeatable_read(plant.database):
                wait_until(lambda: plant.database.scalar(waiting), "the second waits for the first")
            writing.write(rest)
            writing.close()
            assert first.end() == 0, first.text
            assert second.end() == 0, second.text
    assert f"{len(readings)} readings, in place of {len(readings)}" in second.text
    assert hour.in_raw(plant.database) == readings
    assert_fresh(plant.database, ZONE, fast=True)


@pytest.mark.parametrize("fault", FILES)
def test_a_file_is_refused_with_a_reading_that_is(
    airflow: Airflow, plant: PooledSite, environment: dict[str, str], hour: Hour, fault: str
) -> None:
    readings, said = FILES[fault]
    hour.put(readings(hour))
    before = plant.database.scalar("select count(*) from ahu_data.energy_readings")
    run = airflow.ran(DAG, hour.ends, environment, {LOAD: NO_RETRY})
    assert run.end() == 1
    assert said in run.text
    assert plant.database.scalar("select count(*) from ahu_data.energy_readings") == before


def test_a_refresh_that_fails_fails_the_run_and_the_next_run_makes_up_for_it(
    airflow: Airflow, plant: PooledSite, environment: dict[str, str], hour: Hour
) -> None:
    hour.put(hour.readings())
    with plant.database.connect() as dba:
        dba.execute(
            "create function fail() returns trigger language plpgsql as $$ begin "
            "raise warning 'first a warning'; raise exception 'then an error'; end $$; "
            "create trigger fail before update or insert on _ahu.daily_rollup "
            "execute function fail()"
        )
        try:
            run = airflow.ran(DAG, hour.ends, environment, {REFRESH: NO_RETRY})
        finally:
            dba.execute("drop function fail() cascade")
    assert run.end() == 1
    assert "first a warning" in run.text
    assert "RaiseException: then an error" in run.text
    assert hour.in_raw(plant.database) == hour.readings()
    assert airflow.ran(DAG, hour.ends, environment).end() == 0
    assert_fresh(plant.database, ZONE, fast=True)


def test_a_refresh_that_takes_too_long_fails_and_leaves_nothing_running(
    airflow: Airflow, plant: PooledSite, environment: dict[str, str], hour: Hour
) -> None:
    hour.put(hour.readings())
    with plant.database.connect(autocommit=False) as holder:
        holder.execute("lock table _ahu.daily_rollup in access exclusive mode")
        impatient = {REFRESH: {"execution_timeout": 1, **NO_RETRY}}
        run = airflow.ran(DAG, hour.ends, environment, impatient)
        assert run.end() == 1
        assert "AirflowTaskTimeout" in run.text
        wait_until(lambda: sessions_of_the_etl(plant.database) == 0, "its backend is gone")
    assert not plant.database.rows("select from pg_locks where locktype = 'advisory'")
    assert airflow.ran(DAG, hour.ends, environment).end() == 0
    assert_fresh(plant.database, ZONE, fast=True)


def test_a_loader_that_prepares_statements_works_behind_pgbouncer_1_18_as_the_readme_connects(
    airflow: Airflow, poolers: dict[str, PooledSite], hour: Hour
) -> None:
    site = poolers["1.18"]

    def insert_rows(**extra: object) -> Run:
        variables = connections(site.pooler, **extra)
        return airflow.ran("ahu_insert_rows", hour.begins, variables, {"insert_rows": NO_RETRY})

    done = insert_rows()
    assert done.end() == 0, done.text
    assert len(hour.in_raw(site.database)) == 20
    as_it_comes = insert_rows(prepare_threshold=5)
    assert as_it_comes.end() == 1
    assert "DuplicatePreparedStatement" in as_it_comes.text


@contextmanager
def repeatable_read(database: Database) -> Iterator[None]:
    """The default of all sessions, those of the pool among them."""
    reload = "select pg_reload_conf()"
    with database.connect() as dba:
        dba.execute("alter system set default_transaction_isolation = 'repeatable read'")
        dba.execute(reload)
        try:
            yield
        finally:
            dba.execute("alter system reset default_transaction_isolation")
            dba.execute(reload)
