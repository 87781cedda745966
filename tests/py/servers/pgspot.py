"""pgspot, which pins another pglast than ours: in a virtual environment of its own in the cache."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from servers.places import CACHE, MissingError

REQUIREMENT = "pgspot==0.9.4"
FOLDER = CACHE / REQUIREMENT.replace("==", "-")


def pgspot_python() -> Path:
    """The Python that has it: run `-m pgspot` with it."""
    python = FOLDER / "bin" / "python"
    if python.exists():
        return python
    raise MissingError(
        "pgspot is not here; to get it, run `make setup` on a machine that reaches PyPI"
    )


def fetch_pgspot() -> None:
    """Make the virtual environment in the cache."""
    CACHE.mkdir(exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".pgspot.", dir=CACHE))
    try:
        _run(sys.executable, "-m", "venv", "--clear", work)
        pip = (work / "bin" / "python", "-m", "pip")
        _run(*pip, "install", "-qq", "--disable-pip-version-check", REQUIREMENT)
        shutil.rmtree(FOLDER, ignore_errors=True)
        work.rename(FOLDER)  # it appears only when everything worked
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no reason was given"]
        raise MissingError(f"{REQUIREMENT} could not be installed ({said[-1]})")
