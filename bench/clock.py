"""Time as the server takes it: of each statement, from its arrival to the end of its commit.

A client's clock would add the way there and back, and Python. The server tells its own time to the
session that asked, as a message (log_duration). PGlite's clock knows whole milliseconds.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from databases import Database, Params

_DURATION = re.compile(r"duration: ([\d.]+) ms")
_TELL = "set client_min_messages = log; set log_min_messages = panic; set log_duration = on"


class Session:
    """One session whose statements are timed."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """Not for callers: see `timed`."""
        self._connection = connection
        self._told: list[str] = []
        connection.add_notice_handler(lambda said: self._told.append(said.message_primary or ""))
        connection.execute(_TELL)

    def plan_as(self, role: str) -> None:
        """With the memory and the planner's costs that sessions of this role of ours are given."""
        self.execute(
            "select set_config(l.setting, l.value, false) from _ahu.wanted_limits() as l "
            "join pg_settings as s on s.name = l.setting "
            "where l.role_name = %s and (s.category like 'Query Tuning%%' "
            "or s.category = 'Resource Usage / Memory')",
            [role],
        )

    @property
    def backend(self) -> int:
        """The process id of the server's side."""
        return self._connection.info.backend_pid

    def ms(self, statements: str) -> float:
        """Run one or more statements, which are one transaction; how long they took, in ms."""
        self._told.clear()
        self._connection.execute(statements)
        (duration,) = [found[1] for said in self._told if (found := _DURATION.match(said))]
        return float(duration)

    def messages(self, statements: str) -> list[str]:
        """Run them; what the server said meanwhile."""
        self._told.clear()
        self._connection.execute(statements)
        return list(self._told)

    def execute(self, statements: str, params: Params = None) -> None:
        """Run them untimed."""
        self._connection.execute(statements, params)

    def rows(self, query: str, params: Params = None) -> list[tuple[Any, ...]]:
        """All rows of one query."""
        return self._connection.execute(query, params).fetchall()

    def scalar(self, query: str, params: Params = None) -> Any:
        """The one value of a query."""
        ((value,),) = self.rows(query, params)
        return value


@contextmanager
def timed(database: Database, *, waits_for_disk: bool = False) -> Iterator[Session]:
    """A session; its commits wait for the disk only where that is what is measured."""
    with database.connect(prepare_threshold=None) as connection:
        session = Session(connection)
        session.execute(f"set synchronous_commit = {'on' if waits_for_disk else 'off'}")
        yield session


def typical(values: Sequence[float]) -> float:
    """The median; of a clock that knows whole milliseconds the mean, which is finer."""
    whole = all(value == int(value) for value in values)
    return statistics.fmean(values) if whole else statistics.median(values)
