"""What goes on beside a command: an ETL that writes, a reader, somebody who looks at the locks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg

from databases import Database
from plant import RAW_TABLE
from sessions import wait_until

Log = Counter[str]
"""The entries of the log of pending changes, as text."""

NO_WAIT = "set lock_timeout = '20ms'"
LEFT_SECONDS = 10.0

# what commands leave behind besides their own result, and what nobody must find afterwards
LOCKS = """
    select l.locktype, l.mode, l.relation::regclass::text, a.state, a.query
    from pg_locks as l
    join pg_stat_activity as a using (pid)
    where a.datname = current_database()
        and a.pid <> pg_backend_pid()
        and a.backend_type = 'client backend'
        and l.locktype <> 'virtualxid'
"""
OPEN = """
    select a.state, a.query
    from pg_stat_activity as a
    where a.datname = current_database()
        and a.pid <> pg_backend_pid()
        and a.backend_type = 'client backend'
        and a.state <> 'idle'
"""


@dataclass
class Bystander:
    """One session that outlives the commands, if not the server.

    from_time, days: where the ETL writes. takes_back: whether it deletes readings too.
    written: how many readings the ETL has committed. gave_way: how often it could not, because a
    command had the raw table.
    """

    database: Database
    from_time: str = "2024-01-02 12:00+09"
    days: int = 35
    takes_back: bool = True
    written: int = 0
    gave_way: int = 0
    _session: psycopg.Connection[Any] | None = field(default=None, repr=False)

    @property
    def session(self) -> psycopg.Connection[Any]:
        """Opened anew after the server was killed."""
        if self._session is None or self._session.closed:
            self._session = self.database.connect()
            self._session.execute(NO_WAIT)
        return self._session

    def write(self) -> Log:
        """The ETL commits a reading; returns what that has added to the log."""
        number = self.written + self.gave_way
        try:
            with self.session.transaction():
                self.session.execute(
                    f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw, hcv_steam_kwh) "
                    "values (%s::timestamptz "
                    "+ %s * interval '1 day' + %s * interval '1 second', %s, 0.1, %s)",
                    [self.from_time, number % self.days, number, f"AHU{number % 4:02}", number],
                )
                if self.takes_back:
                    self.session.execute(
                        f"delete from {RAW_TABLE} where hcv_steam_kwh = %s and sf_cost_krw = 0.1",
                        [number - 3],
                    )
                added = self._log("where p.xmin = pg_current_xact_id()::xid")
        except psycopg.errors.LockNotAvailable:
            self.gave_way += 1
            return Counter()
        self.written += 1
        return added

    def log(self) -> Log:
        """All entries that are pending."""
        return self._log("")

    def sow_rows(self, is_wanted: bool) -> None:
        """Puts points into the statements that write to our tables, or takes them out again."""
        self.session.execute("call _test.sow_rows(%s)", [is_wanted])

    def release(self, pid: int) -> None:
        """Lets a session go on that stands at a point."""
        self.session.execute("insert into _test.released values (%s)", [pid])

    def signal(self, function: str, pid: int) -> None:
        """pg_cancel_backend or pg_terminate_backend."""
        row = self.session.execute(f"select {function}(%s)", [pid]).fetchone()
        assert row == (True,)

    def waits_for_standby(self, pid: int) -> bool:
        """Whether this session has committed and waits until a standby says so too."""
        waits = "select from pg_stat_activity where pid = %s and wait_event = 'SyncRep'"
        return bool(self.session.execute(waits, [pid]).rowcount)

    def assert_no_lock_of(self, pid: int) -> None:
        """Not even one that a session has for itself."""
        held = self.session.execute(f"{LOCKS} and a.pid = %s", [pid]).fetchall()
        assert not held, held

    def assert_nothing_is_open(self) -> None:
        """No lock, no transaction; whoever was terminated may take a moment to be gone."""

        def left() -> list[Any]:
            return self.session.execute(LOCKS).fetchall() + self.session.execute(OPEN).fetchall()

        try:
            wait_until(lambda: not left(), "nothing is locked or open", LEFT_SECONDS)
        except AssertionError as error:
            error.add_note(f"{left()}")
            raise
        self.session.execute("delete from _test.released")

    def close(self) -> None:
        """At the end of a test."""
        if self._session is not None:
            self._session.close()

    def _log(self, where: str) -> Log:
        there = self.session.execute("select to_regclass('_ahu.pending_changes')").fetchone()
        if there == (None,):
            return Counter()
        rows = self.session.execute(f"select p::text from _ahu.pending_changes as p {where}")
        return Counter(text for (text,) in rows)
