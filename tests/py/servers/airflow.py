"""Airflow with the packages that examples/airflow asks for: an environment of its own."""

from __future__ import annotations

from pathlib import Path

from servers.environments import make_environment
from servers.places import CACHE, CHECKOUT, MissingError

EXAMPLE = CHECKOUT / "examples" / "airflow"
DAGS = EXAMPLE / "dags"
REQUIREMENTS = EXAMPLE / "requirements.txt"
FOLDER = CACHE / "airflow"
INSTALLED = FOLDER / "requirements.txt"


def airflow_python() -> Path:
    """The Python that has it, as the example's requirements want it."""
    if INSTALLED.exists() and INSTALLED.read_bytes() == REQUIREMENTS.read_bytes():
        return FOLDER / "bin" / "python"
    raise MissingError(
        "Airflow is not here; to get it, run `make setup` on a machine that reaches PyPI, with "
        "Python 3.11 to 3.14"
    )


def fetch_airflow() -> None:
    """Make the virtual environment in the cache."""
    wanted = REQUIREMENTS.read_bytes()
    make_environment(FOLDER, "Airflow", "-r", REQUIREMENTS)
    INSTALLED.write_bytes(wanted)
