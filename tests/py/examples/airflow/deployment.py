"""Airflow that runs by itself: scheduler, DAG processor and API server, around runs.py's home."""

from __future__ import annotations

import secrets
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ahu_sql.demo.processes import LOOPBACK, free_port
from examples.airflow.runs import Airflow, Patience, Run, patient

END_SECONDS = 30.0


@dataclass(frozen=True)
class Deployment:
    """home: AIRFLOW_HOME."""

    home: Path

    def runs(self, dag: str) -> list[tuple[datetime, str]]:
        """Those that the schedule asked for: where the interval begins, and the state."""
        rows = self._metadata(
            "select data_interval_start, state from dag_run "
            "where dag_id = ? and run_type = 'scheduled' order by start_date",
            dag,
        )
        return [
            (datetime.fromisoformat(begins).replace(tzinfo=UTC), state) for begins, state in rows
        ]

    def process(self, task: str, begins: datetime) -> int:
        """The number of the process in which the task of this interval is running."""
        ((pid,),) = self._metadata(
            "select i.pid from task_instance as i join dag_run as r using (dag_id, run_id) "
            "where i.task_id = ? and i.state = 'running' and r.data_interval_start = ?",
            task,
            f"{begins:%Y-%m-%d %H:%M:%S.%f}",
        )
        return int(pid)

    def log(self, dag: str, task: str, ends: datetime, attempt: int) -> str:
        """What the web interface shows of a try, in the lines of JSON from which it does."""
        run = f"run_id=scheduled__{ends.isoformat()}"
        path = Path(f"dag_id={dag}", run, f"task_id={task}", f"attempt={attempt}.log")
        return (self.home / "logs" / path).read_text()

    def problems(self) -> list[tuple[Any, ...]]:
        """What the DAG processor could not import, or warns of."""
        return self._metadata(
            "select filename, stacktrace from import_error "
            "union all select dag_id, message from dag_warning"
        )

    def _metadata(self, query: str, *parameters: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "airflow.db")) as metadata:
            return metadata.execute(query, parameters).fetchall()


@contextmanager
def deployment(
    airflow: Airflow, dag: str, environment: Mapping[str, str], patience: Patience
) -> Iterator[Deployment]:
    """With one DAG that is not paused."""
    port = str(free_port())
    variables = {
        **environment,
        **patient(patience),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{port}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
        # else a DAG with another patience than just before stays as it was
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    }
    with airflow.started(["dags", "reserialize"], variables) as parsing:
        assert parsing.end() == 0, parsing.text
    with airflow.started(["dags", "unpause", dag], variables) as unpausing:
        assert unpausing.end() == 0, unpausing.text
    with ExitStack() as stack:
        for command in (
            ["api-server", "--apps", "execution", "--host", LOOPBACK, "--port", port],
            ["dag-processor"],
            ["scheduler", "--skip-serve-logs"],
        ):
            stack.callback(_end, stack.enter_context(airflow.started(command, variables)))
        yield Deployment(airflow.home)


def _end(service: Run) -> None:
    """The scheduler ends its workers then."""
    service.call.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        service.call.wait(END_SECONDS)
