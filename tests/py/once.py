"""What each `ahu-sql` works out anew and is the same in all of a run: once in a process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import psycopg

from ahu_sql import inspection, options
from ahu_sql.commands import install
from ahu_sql.database import Connection
from ahu_sql.inspection import read_time_zones
from ahu_sql.linter import lint
from ahu_sql.renderer import RenderedFile, render
from ahu_sql.settings import Settings
from ahu_sql.source_tree import SqlFile, read_source_tree


def work_out_once(replace: Callable[[Any, str, object], None]) -> None:
    """The templates are read once, rendered once for each site, and linted once before installs;
    and a server's time zones, which are a thousand files, are read once.

    replace: setattr, or that of a MonkeyPatch. Who asks for `ahu-sql lint` gets a look of his own.
    """
    rendered: dict[tuple[tuple[SqlFile, ...], str], tuple[RenderedFile, ...]] = {}

    def render_once(files: Sequence[SqlFile], settings: Settings) -> tuple[RenderedFile, ...]:
        key = tuple(files), repr(settings)  # which hold mappings, and those have no hash
        if key not in rendered:
            rendered[key] = render(files, settings)
        return rendered[key]

    zones: dict[tuple[int, int], frozenset[str]] = {}

    def read_zones_once(connection: Connection) -> frozenset[str]:
        if type(connection) is not psycopg.Connection:  # one whose statements are counted
            return read_time_zones(connection)
        server = connection.info.server_version, connection.info.port
        if server not in zones:
            zones[server] = read_time_zones(connection)
        return zones[server]

    replace(inspection, "read_time_zones", read_zones_once)
    replace(install, "lint", cache(lint))
    replace(options, "read_source_tree", cache(read_source_tree))
    replace(options, "render", render_once)
