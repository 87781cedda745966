"""The plant on which the specs run: the same at the beginning of each permutation."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import psycopg

from databases import Database
from in_force import put_in_force
from isolation.errands import uninstall
from plant import RAW_TABLE, raw_table

Kind = Literal["plain", "partitioned", "hypertable"]

HERE = Path(__file__).parent
TOOLS = (HERE / "tools.sql").read_text(encoding="utf-8")
READINGS = (HERE / "readings.sql").read_text(encoding="utf-8")


class Site:
    """One database for all specs.

    session: stays open, so that what is done between permutations costs little.
    """

    def __init__(self, database: Database, session: psycopg.Connection[Any]) -> None:
        self.database = database
        self.session = session
        self._kind: Kind | None = None
        self._shape: tuple[Any, ...] | None = None

    def begin(self, kind: Kind) -> None:
        """Three readings of each key, all of them in the views, whatever was done before."""
        if kind != self._kind:
            self._build(kind)
        self.session.execute(_NO_READINGS)
        if kind == "partitioned":
            self.session.execute(_PARTITION_BACK)
        elif kind == "hypertable":
            self.session.execute(_NO_CHUNKS)
        if self._read_shape() != self._shape:
            put_in_force(self.database)
            assert self._read_shape() == self._shape, "an install does not put this site right"
        self.session.execute(_NOTHING_STORED)
        self.session.execute(READINGS)

    def _build(self, kind: Kind) -> None:
        """A raw table of this kind, and ahu-sql."""
        if self._kind is not None:
            uninstall(self.database)
        self.session.execute("drop schema if exists ahu_data, isolation cascade")
        if kind == "partitioned":
            raw_table(self.database, kind, first_day=date(2024, 1, 1), months=2, primary_key=True)
        else:
            raw_table(self.database, hypertable=kind == "hypertable", primary_key=True)
        self.session.execute(TOOLS)
        put_in_force(self.database)
        self._kind, self._shape = kind, self._read_shape()

    def _read_shape(self) -> tuple[Any, ...] | None:
        """What permutations change beside rows; None: nothing of ours is there."""
        try:
            return self.session.execute(_SHAPE).fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            return None


_SHAPE = f"""
    select
        (
            select string_agg(c.relname, ' ' order by c.relname)
            from pg_class as c
            where c.relnamespace in ('ahu'::regnamespace, '_ahu'::regnamespace)
        ),
        (
            select string_agg(format('%s %s', t.tgname, t.tgenabled), ' ' order by t.tgname)
            from pg_trigger as t
            where t.tgrelid = '{RAW_TABLE}'::regclass
        ),
        (select s.strategy || ' ' || s.tracking from _ahu.source as s)
"""

# in this mode no trigger of ours fires
_NO_READINGS = f"""
    set session_replication_role = replica;
    delete from {RAW_TABLE};
    reset session_replication_role;
    delete from isolation.taken;
"""

# what lay in it may have gone to the default partition since
_PARTITION_BACK = f"""
    do $partition_back$
    begin
        if not exists (
            select
            from pg_inherits as i
            where i.inhrelid = to_regclass('{RAW_TABLE}_2024_01')
        ) then
            drop table if exists {RAW_TABLE}_2024_01;
            create table {RAW_TABLE}_2024_01 partition of {RAW_TABLE}
                for values from ('2024-01-01 00:00+00') to ('2024-02-01 00:00+00');
        end if;
    end
    $partition_back$
"""

# loads that find a chunk do not meet like those that make it
_NO_CHUNKS = f"select drop_chunks('{RAW_TABLE}', older_than => timestamptz '2100-01-01 00:00+00')"

_NOTHING_STORED = """
    delete from _ahu.pending_changes;
    delete from _ahu.daily_rollup;
    delete from _ahu.monthly_rollup;
    delete from _ahu.quarantine;
    delete from _ahu.retained_summary;
    delete from _ahu.refresh_run;
    update _ahu.source
    set backfill_marked_at = now()
    where backfill_marked_at is null;
"""
