"""Sites that programs run on: one database per kind of raw table, one zone after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ahu_sql import applier
from ahu_sql.backfill import backfill
from ahu_sql.database import connect
from ahu_sql.locations import sql_folder
from ahu_sql.renderer import RenderedFile, render
from ahu_sql.settings import Settings
from ahu_sql.settings_reader import read_settings
from ahu_sql.source_tree import read_source_tree
from databases import Database, fresh_database
from fuzz import evidence
from fuzz.seats import Seat
from fuzz.settings import SETTINGS
from fuzz.tables import Kind
from in_force import LOOKBACK, NATIVE
from plant import RAW_TABLE
from servers.running import RunningServer

SQL = "AHU_FUZZ_SQL"
"""A variable: another folder `sql/` than this checkout's, such as a copy with a fault planted."""
TRIGGERS = "refresh.tracking=triggers"
MODES = {"triggers": TRIGGERS, "lookback": LOOKBACK, "native": NATIVE}
SEATS = 3
_OURS = ("pending_changes", "daily_rollup", "monthly_rollup", "quarantine", "retained_summary")


class Site:
    """A database with the product and a raw table of some kind; three sessions; one zone."""

    def __init__(self, database: Database, kind: Kind) -> None:
        """Without a zone yet: see `move_to`."""
        self.database, self.kind = database, kind
        self.zone, self.mode, self.is_counted, self.adds = "", "", False, True
        self.is_damaged = False
        """Whether partitions are gone that the next program will want."""
        self.seats: list[Seat] = []
        self.session: psycopg.Connection[Any] = database.connect()
        known = self.session.execute("select name from pg_settings").fetchall()
        self.unknown_settings = _first_words(SETTINGS) - {name for (name,) in known}
        self.version = self.session.info.server_version // 10000

    def move_to(self, zone: str) -> None:
        """An empty raw table, and the product for a site in this zone.

        The product refuses another zone in place, for the sake of what is stored: here is nothing,
        and an install over another costs a third of a first one.
        """
        self.session.execute(f"drop table if exists {RAW_TABLE} cascade")
        self.session.execute(";\n".join(self.kind.statements(zone)))
        self.zone, self.is_counted = zone, False
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(applier, "require", lambda *facts, **options: None)
            self.switch("triggers")
        if not self.seats:
            self.session.execute(evidence.SCHEMA)
            self.seats = [Seat(self.database, number + 1) for number in range(SEATS)]

    def count(self) -> None:
        """From now on evidence is counted independently of the product."""
        if not self.is_counted:
            self.session.execute(evidence.TRACK)
            self.is_counted = True

    def add_inserted(self, whether: bool) -> None:
        """Whether refreshes are to add what was inserted, unseen."""
        self.session.execute("update ahu.settings set add_inserted = %s", [whether])
        self.adds = whether

    def switch(self, mode: str) -> list[str]:
        """To another way of keeping up to date; the days that are marked as a whole for it."""
        settings, files = _rendered(self.zone, MODES[mode])
        with connect(self.database.dsn) as connection:
            applier.install(connection, files, settings, patience_s=30, say=print)
            connection.execute("call _ahu.mark_backfill()")
            marked = connection.execute(
                "select distinct day::text from _ahu.pending_changes where reason = 'backfill'"
            ).fetchall()
            backfill(connection, batch_days=31, progress=lambda done, total: None)
        self.mode = mode
        return [day for (day,) in marked]

    def wipe(self) -> None:
        """Everything is as it was before the program."""
        self._delete_all()
        if self.is_damaged:
            for partition in self.kind.partitions(self.zone):
                self.session.execute(
                    f"drop table if exists {partition.name}; {partition.statement}"
                )
            self.is_damaged = False
        if self.mode != "triggers":
            self.switch("triggers")
            self._delete_all()  # what was taken over
        for seat in self.seats:
            seat.reset()

    def _delete_all(self) -> None:
        tables = (RAW_TABLE, evidence.TABLE, *(f"_ahu.{name}" for name in _OURS))
        deletes = "; ".join(f"delete from {table}" for table in tables)
        self.session.execute(
            f"begin; set local session_replication_role = replica; {deletes}; commit"
        )

    def is_blocked(self, seat: Seat) -> bool:
        """Whether the seat waits for another."""
        row = self.session.execute(
            "select pg_isolation_test_session_is_blocked(%s, %s)",
            [seat.pid, [other.pid for other in self.seats if other is not seat]],
        ).fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        """Ends all sessions."""
        for seat in self.seats:
            seat.close()
        self.session.close()


@contextmanager
def site(server: RunningServer, kind: Kind) -> Iterator[Site]:
    """A site on a database of its own, which is gone afterwards."""
    with fresh_database(server) as database:
        made = Site(database, kind)
        try:
            yield made
        finally:
            made.close()


def _first_words(lines: tuple[str, ...]) -> set[str]:
    return {line.split()[0] for line in lines}


@cache
def _rendered(zone: str, mode: str) -> tuple[Settings, tuple[RenderedFile, ...]]:
    settings = read_settings(None, {}, (f"source.time_zone={zone}", mode))
    folder = Path(os.environ.get(SQL) or sql_folder())
    return settings, render(read_source_tree(folder), settings)
