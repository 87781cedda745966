"""The example on an Airflow that runs by itself: its scheduler makes the runs, and tries again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from examples.airflow.deployment import deployment
from examples.airflow.hours import HOUR, Hour, csv_of
from examples.airflow.runs import END_SECONDS, RESULT, Airflow
from examples.airflow.slow import slow_file, wait_until_loading, write_most_of, writing_to
from pooler.site import PooledSite
from refreshing import assert_fresh
from servers.airflow import DAGS, airflow_python
from sessions import wait_until

DAG = "ahu_readings"
LOAD, REFRESH = "load_readings", "refresh_dashboard_views"
ZONE = "Asia/Seoul"
START = datetime(2025, 8, 31, 15, tzinfo=UTC)
"""The DAG's start_date."""
IMPORT = "import runpy, sys\nfor path in sys.argv[1:]: runpy.run_path(path)"


def test_hours_are_loaded_in_order_one_at_a_time_and_a_try_that_is_killed_is_made_again(
    airflow: Airflow, plant: PooledSite, environment: Mapping[str, str], folder: Path
) -> None:
    first, second = (Hour(START + hours * HOUR, folder) for hours in (0, 1))
    first.put(first.readings())
    readings = second.readings(minutes=1)
    soon = {LOAD: {"retry_delay": 0}}
    file = slow_file(second)
    with deployment(airflow, DAG, environment, soon) as running:
        with writing_to(file, END_SECONDS) as writing:
            write_most_of(writing, csv_of(readings))
            wait_until_loading(plant.database)
            # those of a year wait for their turn
            assert running.runs(DAG) == [(first.begins, "success"), (second.begins, "running")]
            os.kill(running.process(LOAD, second.begins), signal.SIGKILL)
            second.put(readings)
        done = (second.begins, "success")
        wait_until(lambda: done in running.runs(DAG), "it is made again", END_SECONDS)
        assert "SIGKILL" in running.log(DAG, LOAD, second.ends, attempt=1)
        assert f"{len(readings)} readings, in place of 0" in running.log(DAG, LOAD, second.ends, 2)
        for hour in (first, second):
            assert RESULT.search(running.log(DAG, REFRESH, hour.ends, attempt=1))
        assert running.problems() == []
    assert first.in_raw(plant.database) == first.readings()
    assert second.in_raw(plant.database) == readings
    assert_fresh(plant.database, ZONE, fast=True)


def test_the_dags_are_imported_without_a_warning(
    environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [airflow_python(), "-W", "always", "-c", IMPORT, *DAGS.glob("*.py")],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "py.warnings" not in done.stdout
