"""Ways to run `ahu-sql` that its users have: with answers, without stdin, from a copy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from databases import Database
from product import ahu_sql

Done = subprocess.CompletedProcess[str]


def answered(text: str, *arguments: str) -> Done:
    """Somebody types `text`."""
    return subprocess.run(
        [sys.executable, "-m", "ahu_sql", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def without_stdin(*arguments: str) -> Done:
    """Stdin is not empty but closed, as some schedulers leave it."""
    return subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "ahu_sql", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def from_copy(checkout: Path, *arguments: str) -> Done:
    """The program of a copied checkout, called in it and not installed."""
    path = [str(checkout / "installer"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return ahu_sql(*arguments, folder=checkout, environment={"PYTHONPATH": os.pathsep.join(path)})


def libpq(database: Database) -> dict[str, str]:
    """libpq's own variables in place of --dsn."""
    return {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(database.server.port),
        "PGDATABASE": database.name,
        "PGUSER": "postgres",
    }
