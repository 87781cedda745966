"""The real installer as a step of a spec: what `call isolation.ahu_sql('install')` asks for.

A session of isolationtester can only send SQL. It leaves its errand in a table and notifies this
process, which carries it out as the command line does, on a connection of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from psycopg.conninfo import make_conninfo

from ahu_sql import remover
from ahu_sql.database import connect
from ahu_sql.errors import AhuSqlError
from databases import Database
from in_force import put_in_force

Result = TypeVar("Result")

LATENCY_SECONDS = 0.02
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class _Asked(Database):
    """The database, by connections whose name says which session asked for what they do."""

    session: int = 0

    @property
    def dsn(self) -> str:
        return make_conninfo(super().dsn, application_name=f"ahu-sql for {self.session}")


def while_carrying_out(database: Database, work: Callable[[], Result]) -> Result:
    """The result of `work`, which runs beside; errands that come meanwhile are carried out."""
    with ThreadPoolExecutor() as pool, database.connect() as listener:
        listener.execute("listen errands")
        future = pool.submit(work)
        errands: list[Future[None]] = []
        while not future.done():
            errands += [
                pool.submit(_carry_out, database, int(notice.payload))
                for notice in listener.notifies(timeout=LATENCY_SECONDS, stop_after=1)
            ]
        for errand in errands:
            errand.result()
        return future.result()


def uninstall(database: Database) -> None:
    """`ahu-sql uninstall --yes`."""
    with connect(database.dsn) as connection:
        remover.remove(connection, roles=False, patience_s=PATIENCE_SECONDS, say=print)


def _carry_out(database: Database, session: int) -> None:
    errand = database.scalar("select errand from isolation.errand where session = %s", [session])
    verb, *assignments = errand.split()
    named = _Asked(database.server, database.name, database.has_timescaledb, session)
    error = None
    try:
        if verb == "uninstall":
            uninstall(named)
        else:
            put_in_force(named, *assignments)
    except AhuSqlError as refused:
        error = str(refused)
    finally:
        database.execute(
            "update isolation.errand set is_done = true, error = %s where session = %s",
            [error, session],
        )
