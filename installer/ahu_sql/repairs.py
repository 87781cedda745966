"""What an install would put right beside drift: triggers, the backfill, limits and grants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

from ahu_sql.database import Answer, Connection, ask
from ahu_sql.drift import MISTAKES
from ahu_sql.inspection import is_installed


def read_repairs(connection: Connection) -> tuple[str, ...]:
    """What an install would put right beside drift, by a line each; empty where nothing is
    installed."""
    if not is_installed(connection):
        return ()
    return tuple(_lines(connection, (*_GAPS, *_SURROUNDINGS)))


def read_surroundings(connection: Connection) -> tuple[str, ...]:
    """The lines of it that are about roles and objects of the site."""
    return tuple(_lines(connection, _SURROUNDINGS))


def _lines(connection: Connection, queries: tuple[LiteralString, ...]) -> Iterator[str]:
    for query in queries:
        answer = ask_of_what_is_left(connection, query)
        yield from (str(row[0]) for row in (answer.rows if answer else ()))


def ask_of_what_is_left(connection: Connection, query: LiteralString) -> Answer | None:
    """The answer; None where what it needs has drifted, or is of an older version."""
    try:
        with connection.transaction():
            return ask(connection, query)
    except MISTAKES:
        return None


_GAPS: tuple[LiteralString, ...] = (
    """
    select
        'triggers of the raw table, and a backfill of what they missed'
    where not _ahu.is_tracked()
    """,
    """
    select
        'the native rollups, which were never filled'
    where exists (
        select
        from pg_catalog.pg_class as c
        where c.oid in (
            pg_catalog.to_regclass('_ahu.daily_native'),
            pg_catalog.to_regclass('_ahu.monthly_native')
        )
            and not c.relispopulated
    )
    """,
    """
    select
        'the backfill'
    from _ahu.source as s
    where s.backfill_marked_at is null
        or exists (
            select
            from _ahu.pending_changes as p
            where p.reason = 'backfill'
                and s.strategy = 'incremental'
        )
    """,
)
"""What the views lack until it is put right: status has concerns of their own for it."""

_SURROUNDINGS: tuple[LiteralString, ...] = (
    """
    select
        'role ' || l.role_name || ': its '
            || case l.setting when 'connection limit' then '' else 'setting ' end || l.setting
            || ' is ' || coalesce(l.current_value, 'not set') || ', not ' || l.value
    from _ahu.limit_state() as l
    where not l.is_right
    order by 1
    """,
    """
    select
        w.object_type || ' ' || w.object_name || ': its grant of ' || w.privilege || ' to '
            || w.grantee || ' is missing'
    from _ahu.wanted_grants() as w
    join pg_catalog.pg_roles as r
        on r.rolname = w.grantee
    where not _ahu.is_granted(w.object_type, w.object_name, w.privilege, r.rolname::text)
    order by 1
    """,
)
"""What is ours on roles and on the site's objects, and is not what the settings say."""
