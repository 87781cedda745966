"""Where the SQL and the pooler's templates lie: in a checkout, or inside the installed package."""

from __future__ import annotations

import tomllib
from pathlib import Path

PACKAGE_FOLDER = Path(__file__).resolve().parent


def _is_checkout(folder: Path) -> bool:
    """Whether `folder` is the root of a checkout of this project."""
    project = folder / "pyproject.toml"
    if not project.is_file() or not (folder / "sql" / "10_schemas").is_dir():
        return False
    try:
        name = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("name")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return bool(name == "ahu-sql")


def find_checkout(
    package_folder: Path = PACKAGE_FOLDER, working_folder: Path | None = None
) -> Path | None:
    """The checkout in use, or None.

    It is the one this package runs from (editable, or not installed at all); else the one the
    command is called in, so that a copy made by an earlier `pip install .` is never used there.
    """
    here = (working_folder or Path.cwd()).resolve()
    candidates = [package_folder.parent.parent, here, *here.parents]
    return next((folder for folder in candidates if _is_checkout(folder)), None)


def sql_folder() -> Path:
    """The folder `sql/`: the checkout's own, or the one the wheel carries."""
    return (find_checkout() or PACKAGE_FOLDER) / "sql"


def pgbouncer_folder() -> Path:
    """The folder `pgbouncer/` with the pooler's templates, of the same place."""
    return (find_checkout() or PACKAGE_FOLDER) / "pgbouncer"
