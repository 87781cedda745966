"""The packages of examples/streamlit, and Playwright: beside the tests' own packages."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement

from servers.places import CHECKOUT, MissingError

EXAMPLE = CHECKOUT / "examples" / "streamlit"
REQUIREMENTS = CHECKOUT / "tests" / "py" / "dashboard" / "requirements.txt"


def dashboard_packages() -> Path:
    """Where Streamlit is; MissingError unless everything is there that the files name."""
    importlib.invalidate_caches()
    for file in (EXAMPLE / REQUIREMENTS.name, REQUIREMENTS):
        for line in file.read_text().splitlines():
            if not line.startswith(("#", "-r")):
                _require(Requirement(line))
    found = importlib.util.find_spec("streamlit")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent


def _require(wanted: Requirement) -> None:
    try:
        if importlib.metadata.version(wanted.name) in wanted.specifier:
            return
    except importlib.metadata.PackageNotFoundError:
        pass
    raise MissingError(
        f"{wanted} is not here; to get it, run `make setup` on a machine that reaches PyPI"
    )


def fetch_dashboard_packages() -> None:
    """Install them for the Python that runs the tests."""
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-compile"]
    done = subprocess.run(
        [*pip, "--disable-pip-version-check", "--requirement", REQUIREMENTS],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no reason was given"]
        raise MissingError(f"the dashboard's packages could not be installed ({said[-1]})")
