"""One clear error: its three lines, nothing beside them, and nothing changed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from cli.sites import is_installed
from databases import Database
from snapshots import assert_same, catalog_rows

THREE_LINES = re.compile(r"^error: (.+?)\nDETAIL: (.+?)\nHINT: (.+?)\n\Z", re.DOTALL | re.MULTILINE)


def assert_refused(
    done: subprocess.CompletedProcess[str],
    *,
    exit_code: int,
    message: str,
    detail: tuple[str, ...] | str = (),
    hint: str = "",
) -> None:
    """The message in full; of DETAIL and HINT at least these parts."""
    said = done.stderr
    assert done.returncode == exit_code, said
    assert done.stdout == ""
    assert "Traceback" not in said
    for word in ("error: ", "DETAIL: ", "HINT: "):
        assert len(re.findall(rf"^{word}", said, re.MULTILINE)) == 1, said
    parts = THREE_LINES.search(said)
    assert parts, said
    assert parts[1] == message
    assert not message.endswith(".") and not message[0].isupper()
    for part in (detail,) if isinstance(detail, str) else detail:
        assert part in parts[2]
    assert hint in parts[3]


@contextmanager
def nothing_changes(database: Database, *, bare: bool = True) -> Iterator[None]:
    """Not one row of any catalog is written; bare: nor is anything of ours there."""
    before = catalog_rows(database)
    yield
    assert_same(before, catalog_rows(database))
    if bare:
        assert not is_installed(database)
