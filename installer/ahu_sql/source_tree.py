"""The SQL of this package as a tree of rooms and files, in the order they are built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ahu_sql.errors import AhuSqlError

TEMPLATE_SUFFIX = ".j2"


@dataclass(frozen=True)
class SqlFile:
    """One file of `sql/`: its path below that folder, and its text as it stands on disk."""

    path: str
    text: str

    @property
    def room(self) -> str:
        """The numbered folder the file stands in, such as `60_refresh`."""
        return self.path.split("/", 1)[0]

    @property
    def strategy(self) -> str | None:
        """The strategy that the file belongs to, by the folder in its room; None: to all."""
        folders = self.path.split("/")[1:-1]
        return folders[0] if folders else None

    @property
    def is_template(self) -> bool:
        """Whether the file must be rendered with a site's settings before it is SQL."""
        return self.path.endswith(TEMPLATE_SUFFIX)


def read_source_tree(root: Path) -> tuple[SqlFile, ...]:
    """All SQL files below `root`: rooms by number, files of a room by name.

    The folders of a room, one for each strategy, come before its own files, which build on them.
    Raises AhuSqlError where the folder holds no SQL.
    """
    files = [
        SqlFile(path=path.relative_to(root).as_posix(), text=path.read_text(encoding="utf-8"))
        for room in sorted(root.iterdir() if root.is_dir() else ())
        if room.is_dir()
        for path in (*sorted(room.glob("*/*")), *sorted(room.iterdir()))
        if path.name.endswith((".sql", ".sql" + TEMPLATE_SUFFIX))
    ]
    if not files:
        raise AhuSqlError(
            f'no SQL in "{root}"',
            detail="The folder sql/ of the package is missing or empty.",
            hint="Install the package again: pip install --force-reinstall ahu-sql",
        )
    return tuple(files)
