"""The ledger: which files of SQL are in force in a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from ahu_sql import __version__
from ahu_sql.database import Connection
from ahu_sql.inspection import has_table, is_installed
from ahu_sql.renderer import RenderedFile

Ledger = Mapping[str, str]
"""Checksum in force by path."""


def read_ledger(connection: Connection) -> Ledger:
    """What is in force; empty where nothing is installed, or somebody dropped the ledger."""
    if not is_installed(connection) or not has_table(connection, "_ahu.ledger"):
        return {}
    try:
        with connection.transaction():
            return dict(
                connection.execute("select l.path, l.checksum from _ahu.ledger as l").fetchall()
            )
    except psycopg.errors.UndefinedColumn:
        return {}


def record(connection: Connection, files: Sequence[RenderedFile]) -> None:
    """Notes that files are in force, in the transaction that applied them and in one round trip."""
    connection.execute(
        """
        insert into _ahu.ledger (path, checksum, version)
        select
            f.path,
            f.checksum,
            %s
        from unnest(%s::text[], %s::text[]) as f (path, checksum)
        on conflict (path) do update
        set
            checksum = excluded.checksum,
            version = excluded.version,
            applied_at = excluded.applied_at
        """,
        (__version__, [file.path for file in files], [file.checksum for file in files]),
    )


def forget(connection: Connection, paths: Sequence[str]) -> None:
    """Notes that files are no longer in force."""
    connection.execute("delete from _ahu.ledger as l where l.path = any (%s)", (list(paths),))
