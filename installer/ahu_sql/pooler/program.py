"""The pgbouncer of this machine, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

from ahu_sql.pooler.versions import Version

_PATIENCE_S = 5.0


@dataclass(frozen=True)
class Program:
    """A program on PATH, and its version."""

    path: str
    version: Version


def find_program() -> Program | None:
    """The pgbouncer that PATH leads to; None: there is none, or it does not say its version."""
    path = shutil.which("pgbouncer")
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_PATIENCE_S,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"pgbouncer\s+(\d+(?:\.\d+)+)", done.stdout, re.IGNORECASE)
    return Program(path, tuple(int(part) for part in found[1].split("."))) if found else None
