"""The example's reader: it waits for the day's last readings to be in the views, and shows them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from databases import Database
from examples.airflow.runs import Airflow, Run
from plant import RAW_TABLE, raw_table
from pooler.site import PooledSite
from refreshing import install, refresh
from servers.airflow import DAGS
from sessions import wait_until

DAG = "ahu_daily_costs"
WAIT, SHOW = "wait_until_fresh", "show_costs"
ZONE = "Asia/Seoul"
DAY = datetime(2025, 10, 5, tzinfo=ZoneInfo(ZONE))
DAY_END = DAY + timedelta(days=1)
SHOWN = "Operator output is: "
TRACKING = {
    "triggers": (),
    "lookback": ("--set", "refresh.tracking=lookback", "--set", "refresh.lookback_days=30"),
    "native": ("--set", "refresh.strategy=native"),
}


def test_it_shows_the_day_when_its_last_readings_are_in_the_views_and_not_before(
    airflow: Airflow, plant: PooledSite, environment: dict[str, str]
) -> None:
    often = {WAIT: {"poke_interval": 0.1}}
    with airflow.running(DAG, DAY_END, environment, often) as run:
        load(plant.database, DAY_END - timedelta(minutes=1), costs=range(1, 8))
        refresh(plant.database)
        still_waits(run)  # the day is not over
        load(plant.database, DAY_END, costs=[1000])
        still_waits(run)  # what came is not refreshed
        refresh(plant.database)
        assert run.end() == 0, run.text
    assert "up_for_reschedule" in run.text
    (shown,) = [line for line in run.text.splitlines() if SHOWN in line]
    most = [f"(datetime.date(2025, 10, 5), 'AHU0{n}', Decimal('{n}'))" for n in (7, 6, 5, 4, 3)]
    assert f"{SHOWN}[[{', '.join(most)}]]" in shown


def test_it_gives_up_on_a_day_that_does_not_come(
    airflow: Airflow, environment: dict[str, str]
) -> None:
    impatient = {WAIT: {"poke_interval": 0.1, "timeout": 0.5}}
    run = airflow.ran(DAG, datetime(2030, 1, 1, 15, tzinfo=UTC), environment, impatient)
    assert run.end() == 1
    assert "AirflowSensorTimeout" in run.text
    assert "up_for_retry" not in run.text
    assert SHOWN not in run.text


@pytest.mark.parametrize("tracking", TRACKING)
def test_a_day_is_fresh_when_a_refresh_after_its_end_has_readings_from_after_its_end(
    database: Database, tracking: str
) -> None:
    """Whatever the site knows of changes."""
    raw_table(database, hypertable=False)
    install(database, ZONE, *TRACKING[tracking])
    refresh(database)
    assert is_fresh(database, DAY_END) is False  # nothing is there
    load(database, DAY_END - timedelta(minutes=1), costs=[1])
    refresh(database)
    assert is_fresh(database, DAY_END) is False
    load(database, DAY_END, costs=[1])
    assert is_fresh(database, DAY_END) is False
    refresh(database)
    assert is_fresh(database, DAY_END) is True
    if tracking == "triggers":
        load(database, DAY, costs=[1])
    else:
        database.execute("update ahu.settings set stale_after = '1 microsecond'")
    assert is_fresh(database, DAY_END) is False


def test_a_day_that_is_not_over_is_not_fresh_when_a_clock_is_ahead(database: Database) -> None:
    raw_table(database, hypertable=False)
    install(database, ZONE)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    load(database, tomorrow, costs=[1])
    refresh(database)
    assert is_fresh(database, tomorrow) is False


def still_waits(run: Run) -> None:
    """It asks again, and again what it asks is answered with no."""
    asked = run.text.count("Poking: ")
    wait_until(lambda: run.text.count("Poking: ") >= asked + 2 or run.call.poll() is not None, WAIT)
    assert run.call.poll() is None, run.text


def load(database: Database, at: datetime, costs: Sequence[int]) -> None:
    """A reading of as many AHUs."""
    database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
        "select %s, 'AHU0' || n, cost from unnest(%s::int[]) with ordinality as given (cost, n)",
        [at, list(costs)],
    )


def is_fresh(database: Database, day_end: datetime) -> bool | None:
    """What the sensor's question is answered with."""
    return database.scalar(sql_of("IS_FRESH"), {"day_end": str(day_end)})  # type: ignore[no-any-return]


def sql_of(name: str) -> str:
    """A constant of the DAG, which this Python has no Airflow to import."""
    for statement in ast.parse((DAGS / f"{DAG}.py").read_text()).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return str(ast.literal_eval(value))
    raise AssertionError(f"{DAG}.py has no {name}")
