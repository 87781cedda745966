"""pgspot, which pins another pglast than ours: in a virtual environment of its own in the cache."""

from __future__ import annotations

from pathlib import Path

from servers.environments import make_environment
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
    make_environment(FOLDER, REQUIREMENT, REQUIREMENT)
