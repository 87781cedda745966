"""The variables of the example's README.md, for another address, other passwords and a folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from servers.airflow import EXAMPLE
from servers.pooler import PASSWORDS, PoolerProcess

EXPORTED = re.compile(r"^export (AIRFLOW_CONN_\w+)='(.*?)'$", re.MULTILINE | re.DOTALL)
FOLDER = re.compile(r"^export (AIRFLOW_VAR_\w+)=", re.MULTILINE)
README = EXAMPLE / "README.md"


def folder_variable(folder: Path) -> dict[str, str]:
    """The one that says where the readings are."""
    (name,) = FOLDER.findall(README.read_text())
    return {name: str(folder)}


def connections(pooler: PoolerProcess, **extra: Any) -> dict[str, str]:
    """The variables; extra: changes of what they have there."""
    variables = {}
    for name, value in EXPORTED.findall(README.read_text()):
        connection = json.loads(value)
        connection |= {
            "host": "127.0.0.1",
            "port": pooler.port,
            "password": PASSWORDS[connection["login"]],
        }
        connection["extra"] |= extra
        variables[name] = json.dumps(connection)
    return variables
