"""Writes the pooler's files into a folder, and never over a file that is not its own."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.files import PoolerFile, is_intact

NAMES = (
    ".gitignore",
    "pgbouncer.ini",
    "pgbouncer_hba.conf",
    "userlist.txt",
    "server_hba.conf",
    "server_ident.conf",
    "docker-compose.yml",
)
"""Every file there may be; one that the settings no longer want is removed. What keeps a password
out of git comes first."""


@dataclass(frozen=True)
class Change:
    """What became of one file: written, unchanged or removed."""

    action: str
    path: Path


def write_files(folder: Path, files: Sequence[PoolerFile]) -> tuple[Change, ...]:
    """Makes the folder hold exactly these files of ours, each of them whole or not at all.

    Raises AhuSqlError, and writes nothing, where another file of the same name is in the way or
    one of ours was edited.
    """
    wanted = {file.name: file for file in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        in_the_way = [str(folder / name) for name in wanted if not _is_ours(folder / name)]
        if in_the_way:
            raise AhuSqlError(
                f"{in_the_way[0]} is not a file that ahu-sql wrote, nothing was written"
                if len(in_the_way) == 1
                else f"{len(in_the_way)} files are not as ahu-sql wrote them, nothing was written",
                detail=f"{', '.join(in_the_way)}: written by somebody else, or edited since.",
                hint="Name another folder with --out, or move them away; changes belong in "
                "[pgbouncer] of ahu-sql.toml.",
            )
        return tuple(_carry_out(folder, wanted))
    except OSError as error:
        raise AhuSqlError(
            f'cannot write to the folder "{folder}"',
            detail=f"{error.filename or folder}: {error.strerror}.",
            hint="Name a folder that you may write to: ahu-sql pgbouncer render --out DIR",
        ) from error


def _carry_out(folder: Path, wanted: dict[str, PoolerFile]) -> Iterator[Change]:
    for name in NAMES:
        path = folder / name
        file = wanted.get(name)
        if file is None:
            if path.exists() and _is_ours(path):
                path.unlink()
                yield Change("removed", path)
        elif path.exists() and path.read_bytes() == file.text.encode():
            path.chmod(_mode(file))
            yield Change("unchanged", path)
        else:
            _replace(path, file)
            yield Change("written", path)


def _is_ours(path: Path) -> bool:
    """Whether nothing is lost when it is written: it is not there, or as we wrote it."""
    if not os.path.lexists(path):
        return True
    if path.is_symlink() or not path.is_file():
        return False
    try:
        # As bytes: a line break of another kind is an edit too.
        return is_intact(path.read_bytes().decode())
    except UnicodeDecodeError:
        return False


def _replace(path: Path, file: PoolerFile) -> None:
    # Whoever may not read a password never could: the file is made for its owner alone.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as temporary:
            temporary.write(file.text)
        Path(name).chmod(_mode(file))
        if path.exists():
            # Given to the pooler's user after the first time: it must be able to read this one too.
            before = path.stat()
            with contextlib.suppress(PermissionError):
                os.chown(name, before.st_uid, before.st_gid)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(file: PoolerFile) -> int:
    return 0o600 if file.is_secret else 0o644
