"""Real Airflow with a metadata database of its own: `airflow dags test`, in a process per run."""

from __future__ import annotations

import ast
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from examples.airflow.policy import PATIENCE
from servers.airflow import DAGS, airflow_python
from warm import Call, Warm

HERE = Path(__file__).parent
RESULT = re.compile(r"Operator output is: \[(\{.*\})\]")
END_SECONDS = 120.0
BUNDLES = [
    {
        "name": name,
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(path)},
    }
    for name, path in {"example": DAGS, "tests": HERE / "dags"}.items()
]

Patience = Mapping[str, Mapping[str, float]]
"""By task: attributes of it and their numbers, in seconds where they are of time."""


def patient(patience: Patience) -> dict[str, str]:
    """The variable that policy.py reads."""
    return {PATIENCE: json.dumps(patience)}


@dataclass(frozen=True)
class Run:
    """One process. log: a file with all that it says, its tasks' logs among it."""

    call: Call
    log: Path

    @property
    def text(self) -> str:
        """What it said until now."""
        return self.log.read_text()

    def end(self) -> int:
        """Its exit code: 1 when the run failed."""
        return self.call.wait(END_SECONDS)

    def result(self) -> dict[str, Any]:
        """What the CALL answered, as the task's log has it."""
        (found,) = RESULT.findall(self.text)
        answer = ast.literal_eval(found)
        assert isinstance(answer, dict)
        return answer


class Airflow:
    """The command. home: AIRFLOW_HOME, an empty folder, with the metadata database afterwards."""

    def __init__(self, home: Path) -> None:
        """Load it and make the metadata database."""
        self.home = home
        (home / "config").mkdir()
        (home / "config" / "airflow_local_settings.py").symlink_to(HERE / "policy.py")
        self._environment = os.environ | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        }
        self._logs = 0
        # -P: its own folder would be searched for modules first
        program = (airflow_python(), "-P", HERE / "command.py")
        self._warm = Warm(program, self._environment)
        with self.started(["db", "migrate"], {}) as migration:
            assert migration.end() == 0, migration.text

    @contextmanager
    def started(self, arguments: list[str], environment: Mapping[str, str]) -> Iterator[Run]:
        """`airflow ...`; it is over, one way or the other, at the end of the block."""
        self._logs += 1
        log = self.home / f"{self._logs}.log"
        with log.open("wb") as out:
            call = self._warm.start(
                arguments,
                self.home,
                self._environment | environment,
                out.fileno(),
                out.fileno(),
            )
        with call:
            try:
                yield Run(call, log)
            finally:
                call.kill()

    @contextmanager
    def running(
        self,
        dag: str,
        logical_date: datetime,
        environment: Mapping[str, str],
        patience: Patience | None = None,
    ) -> Iterator[Run]:
        """A run of a DAG; see `started`."""
        arguments = ["dags", "test", dag, logical_date.isoformat()]
        with self.started(arguments, {**environment, **patient(patience or {})}) as run:
            yield run

    def ran(
        self,
        dag: str,
        logical_date: datetime,
        environment: Mapping[str, str],
        patience: Patience | None = None,
    ) -> Run:
        """The same to its end."""
        with self.running(dag, logical_date, environment, patience) as run:
            run.end()
        return run

    def xcom(self, task: str) -> list[str]:
        """What its runs have left for other tasks, in JSON, the last one last."""
        with closing(sqlite3.connect(self.home / "airflow.db")) as metadata:
            rows = metadata.execute(
                "select value from xcom where task_id = ? and key = 'return_value' "
                "order by timestamp",
                [task],
            )
            return [value for (value,) in rows]
