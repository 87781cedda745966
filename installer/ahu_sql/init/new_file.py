"""Writes a file that is not there yet, and never over one that is."""

from __future__ import annotations

import shlex
from pathlib import Path

from ahu_sql.errors import AhuSqlError


def require_new(path: Path) -> None:
    """Raises AhuSqlError where `path` is taken (exit code 1) or cannot be a file (2)."""
    try:
        is_folder = path.is_dir()
        is_taken = path.exists()
        has_folder = path.parent.is_dir()
    except OSError as error:
        raise _unwritable(path, error) from error
    if is_folder:
        raise AhuSqlError(
            f'"{path}" is a folder',
            detail="The settings are written to a file.",
            hint=f"Name the file: --out {shlex.quote(str(path / 'ahu-sql.toml'))}",
        )
    if is_taken:
        raise _taken(path)
    if not has_folder:
        raise AhuSqlError(
            f'there is no folder "{path.parent}"',
            detail=f'The file "{path}" would be written there.',
            hint="Create the folder, name another file with --out, or print it: --out -",
        )


def write_new(path: Path, text: str) -> None:
    """Creates the file with this text, all or nothing. Raises AhuSqlError as `require_new` does."""
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with file:
            file.write(text)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def _taken(path: Path) -> AhuSqlError:
    return AhuSqlError(
        f'the file "{path}" exists already',
        detail="Nothing was written.",
        hint="Name another file with --out, or print the proposal: --out -",
        exit_code=1,
    )


def _unwritable(path: Path, error: OSError) -> AhuSqlError:
    return AhuSqlError(
        f'cannot write the file "{path}"',
        detail=f"{error.strerror}.",
        hint="Name another file with --out, or print the proposal: --out -",
    )
