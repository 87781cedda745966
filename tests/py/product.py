"""The product as its users start it: the command line, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from ahu_sql.cli import main as command_line
from warm import Call, warm

TIMEOUT_SECONDS = 600.0
OF_PYTHON = ("PYTHON", "LC_", "LANG")
FORKS = sys.platform == "linux"

Process = subprocess.Popen[bytes] | Call


def ahu_sql(
    *arguments: str, folder: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `ahu-sql` with these arguments; whatever it answers is the test's to judge.

    In a process of its own that finds everything loaded: see warm.py. `python -m ahu_sql` from its
    very start where that can make a difference: with variables that Python reads when it starts.
    """
    given = environment or {}
    if FORKS and not any(name.startswith(OF_PYTHON) for name in given):
        where = folder or Path.cwd()
        return warm().run(list(arguments), where, os.environ | given, TIMEOUT_SECONDS)
    return subprocess.run(
        [sys.executable, "-m", "ahu_sql", *arguments],
        cwd=folder,
        env=os.environ | given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )


def start(arguments: list[str], err: int) -> Process:
    """`ahu-sql ARGUMENTS` that goes on by itself. err: a file descriptor, to which it talks."""
    if FORKS:
        with Path(os.devnull).open("w") as nothing:
            return warm().start(arguments, Path.cwd(), dict(os.environ), nothing.fileno(), err)
    return subprocess.Popen(
        [sys.executable, "-m", "ahu_sql", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=err,
    )


def install_product(dsn: str, *options: str) -> None:
    """`ahu-sql install`; raises with all that it said unless it worked.

    In the test's own process, which has the command loaded already: hundreds of tests begin with
    it. `worked_out_once` of conftest spares it the second look at the same SQL.
    """
    done = CliRunner().invoke(command_line, ["install", "--dsn", dsn, *options])
    if done.exit_code != 0:
        raise RuntimeError(f"ahu-sql install ended with {done.exit_code}\n{done.output}")
