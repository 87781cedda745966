"""The last to look at a mutant: pytest, in a copy of the checkout that has it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from mutants.mutant import Mutant
from mutants.related import Suite, related
from mutants.targets import original
from servers.places import CHECKOUT

COPIED = ("installer", "pgbouncer", "sql", "tests", "pyproject.toml")
TIMEOUT_SECONDS = 300.0
"""A file of tests that takes longer hangs."""
FAILED = 1
INTERRUPTED = 2
GIVEN_UP = {FAILED, INTERRUPTED}
FEW_PROGRAMS = {"AHU_FUZZ_PROGRAMS": "150", "AHU_FUZZ_SEED": "1"}
"""Of the fuzz tests, and the same for each mutant."""


class PytestKiller:
    """A copy of the checkout, to put mutants into."""

    def __init__(self, folder: Path) -> None:
        self._copy = folder
        for name in COPIED:
            source = CHECKOUT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy(source, folder / name)
        (folder / ".cache").symlink_to(CHECKOUT / ".cache")

    def kill(self, mutant: Mutant) -> str | None:
        """What notices the mutant; None where nothing does."""
        path = self._copy / "sql" / mutant.path
        text = original(mutant.path)
        path.write_text(mutant.apply(text))
        try:
            for suite in related(mutant.path):
                noticed = self._noticed_by(suite)
                if noticed:
                    return noticed
            return None
        finally:
            path.write_text(text)

    def _noticed_by(self, suite: Suite) -> str | None:
        files = [f"tests/{name}" for name in suite.files]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *files]
        ours = {"AHU_TEST_SERVER": suite.server, "PYTHONPATH": str(self._copy / "installer")}
        with subprocess.Popen(
            command,
            cwd=self._copy,
            env=os.environ | FEW_PROGRAMS | ours,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                # as Ctrl-C does, so that it stops its servers
                process.send_signal(signal.SIGINT)
                process.communicate()
                return f"{' '.join(files)}: never ends"
        if process.returncode == 0:
            return None
        if process.returncode not in GIVEN_UP:
            raise RuntimeError(f"pytest ended with {process.returncode}\n{said}")
        failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return failed[0].split(" - ")[0].removeprefix("FAILED ") if failed else "pytest"
