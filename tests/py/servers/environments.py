"""Virtual environments in the cache, for what needs other packages than our own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from servers.places import CACHE, MissingError


def make_environment(folder: Path, what: str, *requirements: str | Path) -> None:
    """`folder` becomes a virtual environment with these packages, or stays as it is.

    what: its name in the error. requirements: pip's arguments.
    """
    CACHE.mkdir(exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=CACHE))
    try:
        _run(what, sys.executable, "-m", "venv", "--clear", work)
        install = (work / "bin" / "python", "-m", "pip", "install", "-qq")
        # what comes with Python may be years old, and takes three times as long for Airflow
        _run(what, *install, "--disable-pip-version-check", "--upgrade", "pip")
        _run(what, *install, "--no-compile", *requirements)
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)  # it appears only when everything worked
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(what: str, *command: str | Path) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no reason was given"]
        raise MissingError(f"{what} could not be installed ({said[-1]})")
