"""Airflow's `airflow_local_settings`: tasks of the example with less patience, as a test says."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

PATIENCE = "AHU_TEST_PATIENCE"


def task_policy(task: Any) -> None:
    """Sets what the variable has for this task: numbers, in seconds where they are of time."""
    wanted = json.loads(os.environ.get(PATIENCE, "{}")).get(task.task_id, {})
    for name, number in wanted.items():
        is_span = isinstance(getattr(task, name), timedelta)
        setattr(task, name, timedelta(seconds=number) if is_span else number)
