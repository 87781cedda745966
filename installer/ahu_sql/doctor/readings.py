"""What the readings are like, asked without running anybody's code: see `_require_readings`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from ahu_sql.database import Connection
from ahu_sql.doctor.facts import RawTable, Readings
from ahu_sql.doctor.looking import PATIENCE_MS, looking
from ahu_sql.renderer import FIRST_INSTANT, LAST_INSTANT
from ahu_sql.requirements import TIME_TYPE
from ahu_sql.settings import Source

Progress = Callable[[int, int], None]
"""Told how many days are done, of how many."""

_WEEK = timedelta(days=7)


class UnseenError(Exception):
    """What could not be looked at, and why: a sentence."""


def read_readings(
    connection: Connection,
    source: Source,
    raw: RawTable,
    time_type: str,
    *,
    has_time_index: bool,
    days: int,
    progress: Progress,
) -> tuple[Readings | None, tuple[str, ...]]:
    """What is known of the readings, and sentences about the rest.

    days: how many of the newest are looked through for duplicates and readings without an AHU.
    """
    if time_type != TIME_TYPE:
        return None, (f"the readings: their time is {time_type}, which is no instant",)
    look = _Look(connection, source, raw)
    try:
        oldest_day, newest, size = look.ask(_EXTENT)
    except UnseenError as unseen:
        return None, (f"the readings: {unseen}",)
    unseen_parts: list[str] = []

    def count(what: str, query: LiteralString) -> int | None:
        try:
            return int(look.ask(query)[0])
        except UnseenError as unseen:
            unseen_parts.append(f"{what}: {unseen}")
            return None

    timeless = count("readings without a time", _TIMELESS)
    endless = count("readings outside the calendar", _ENDLESS)
    if newest is None:
        is_empty = not (timeless or endless) and not unseen_parts
        return Readings(is_empty, size, timeless=timeless, endless=endless), tuple(unseen_parts)
    until = newest.replace(microsecond=0) + timedelta(seconds=1)
    begin = _earlier(until, days)
    since: datetime | None = begin
    nameless, duplicates, example = 0, 0, ""
    # Where no index finds a week, all is read for one: once, then.
    step = _WEEK if has_time_index else timedelta(days=days)
    try:
        for first, last in _spans(begin, until, step):
            progress((first - begin).days, days)
            without, keys, one = look.ask(_OF_A_SPAN, begin=first, end=last)
            nameless += without
            duplicates += keys
            example = example or one or ""
        progress(days, days)
    except UnseenError as unseen:
        since = None
        unseen_parts.append(f"duplicate readings and those without an AHU: {unseen}")
    return (
        Readings(
            is_empty=False,
            size=size,
            oldest_day=oldest_day,
            timeless=timeless,
            endless=endless,
            from_time=since,
            until_time=until if since else None,
            nameless=nameless,
            duplicates=duplicates,
            example=example,
        ),
        tuple(unseen_parts),
    )


def _earlier(time: datetime, days: int) -> datetime:
    try:
        return time - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _spans(begin: datetime, end: datetime, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    while begin < end:
        # In this order: what comes after the year 9999 there is none.
        until = begin + step if end - begin > step else end
        yield begin, until
        begin = until


class _Look:
    """Questions to the raw table, each in a transaction of its own, so that no snapshot is older
    than one of them takes."""

    def __init__(self, connection: Connection, source: Source, raw: RawTable) -> None:
        self.connection = connection
        self.source = source
        self.raw = raw
        keys = [source.time_column, source.ahu_column]
        if source.is_long:
            keys.append(source.metric_column)
        self.keys = keys
        is_known = any(
            index.is_unique
            and index.is_valid
            and not index.is_partial
            and set(index.columns) <= set(keys)
            for index in raw.indexes
            if index.table == raw.root.oid
        )
        self.names = {
            "table": sql.Identifier(source.schema, source.name),
            "time": sql.Identifier(source.time_column),
            "ahu": sql.Identifier(source.ahu_column),
            "keys": sql.SQL(", ").join(sql.Identifier(key) for key in keys),
            "first": sql.Literal(FIRST_INSTANT),
            "last": sql.Literal(LAST_INSTANT),
            "zone": sql.Literal(source.time_zone),
            "tables": sql.Literal([relation.oid for relation in raw.relations]),
            "may_repeat": sql.SQL("false" if is_known else "true"),
        }

    def ask(self, query: LiteralString, **values: datetime) -> tuple[Any, ...]:
        """The one row of an answer. Raises UnseenError."""
        times = {name: sql.Literal(value) for name, value in values.items()}
        with _as_unseen(self.connection, self.raw), looking(self.connection):
            self._require_readings()
            row = self.connection.execute(sql.SQL(query).format(**self.names, **times)).fetchone()
        if row is None:
            raise UnseenError("no answer")
        return row

    def _require_readings(self) -> None:
        """As _ahu.require_readings, which is not here before an install: a view in the table's
        place, or types of somebody's making, would run code of theirs with our rights."""
        self.connection.execute(
            sql.SQL("lock table only {table} in access share mode").format(**self.names)
        )
        row = self.connection.execute(
            _KIND, {"schema": self.source.schema, "name": self.source.name, "columns": self.keys}
        ).fetchone()
        is_table, foreign_types = row or (False, None)
        if not is_table:
            raise UnseenError("what has the raw table's name is a table no more, and is not read")
        if foreign_types:
            raise UnseenError(f"{foreign_types}, types of somebody's making, whose code is not run")


@contextmanager
def _as_unseen(connection: Connection, raw: RawTable) -> Iterator[None]:
    role, table = connection.info.user, raw.root.name
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise UnseenError(f"role {role} may not read {table}") from error
    except psycopg.errors.LockNotAvailable as error:
        raise UnseenError(f"somebody holds {table} for himself") from error
    except psycopg.errors.QueryCanceled as error:
        raise UnseenError(
            f"reading {table} takes longer than {PATIENCE_MS // 1000} seconds"
        ) from error


_KIND = """
    select
        c.relkind in ('r', 'p'),
        (
            select
                pg_catalog.string_agg(
                    pg_catalog.format(
                        '%%I is %%s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
                    ),
                    ', ' order by a.attnum
                )
            from pg_catalog.pg_attribute as a
            join pg_catalog.pg_type as t
                on t.oid = a.atttypid
            where a.attrelid = c.oid
                and a.attname = any (%(columns)s)
                and coalesce(nullif(t.typbasetype, 0), t.oid) >= 16384
        )
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    where n.nspname = %(schema)s
        and c.relname = %(name)s
"""

# A wrong clock may have written readings of years to come.
_EXTENT = """
    select
        (
            (
                select
                    min(r.{time})
                from {table} as r
                where r.{time} >= {first}
                    and r.{time} < {last}
            ) at time zone {zone}
        )::date,
        (
            select
                max(r.{time})
            from {table} as r
            where r.{time} >= {first}
                and r.{time} < least(now() + interval '2 days', {last}::timestamptz)
        ),
        (
            select
                coalesce(sum(pg_relation_size(o.oid)), 0)::bigint
            from unnest({tables}::oid[]) as o (oid)
        )
"""

_TIMELESS = "select count(*) from {table} as r where r.{time} is null"

_ENDLESS = """
    select
        count(*)
    from {table} as r
    where r.{time} < {first}
        or r.{time} >= {last}
"""

_OF_A_SPAN = """
    with reading as materialized (
        select
            {keys}
        from {table} as r
        where r.{time} >= {begin}
            and r.{time} < {end}
            and ({may_repeat} or r.{ahu} is null)
    ),
    repeated as (
        select
            {keys}
        from reading as r
        where r.{ahu} is not null
        group by {keys}
        having count(*) > 1
    )
    select
        (select count(*) from reading as r where r.{ahu} is null),
        (select count(*) from repeated),
        (
            select
                r.{ahu}::text || ' at ' || (r.{time} at time zone {zone})::text
                    || ' ' || {zone}
            from repeated as r
            order by
                r.{time},
                1
            limit 1
        )
"""
