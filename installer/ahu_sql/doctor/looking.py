"""A look at a database that changes nothing, holds nothing for long and waits for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ahu_sql.database import Connection

LOCK_TIMEOUT_MS = 2_000
"""How long to wait for who holds the raw table for himself, as ALTER TABLE does."""

PATIENCE_MS = 60_000
"""How long one question may take: where an index is missing, some read the whole raw table."""


@contextmanager
def looking(connection: Connection) -> Iterator[None]:
    """A transaction that reads only."""
    with connection.transaction():
        connection.execute("set transaction read only")
        connection.execute("set local search_path = pg_catalog, pg_temp")
        connection.execute(f"set local lock_timeout = {LOCK_TIMEOUT_MS}")
        connection.execute(f"set local statement_timeout = {PATIENCE_MS}")
        # Names are compared as text, and a session may want every one of them quoted.
        connection.execute("set local quote_all_identifiers = off")
        # Policies that hide readings are an error, not fewer readings; nor does their code run.
        connection.execute("set local row_security = off")
        connection.execute("set local jit = off")
        yield
