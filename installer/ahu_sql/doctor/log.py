"""The log of pending changes: what waits in it, and what keeps it from being vacuumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from ahu_sql.database import Connection
from ahu_sql.doctor.facts import Holder, Log, Readings
from ahu_sql.drift import MISTAKES


def read_log(
    connection: Connection, readings: Readings | None
) -> tuple[Log | None, tuple[str, ...]]:
    """What is known of it, and sentences about the rest; None: it has drifted away."""
    try:
        with connection.transaction():
            return _read(connection, readings)
    except MISTAKES:
        return None, ("the log of pending changes, which is amiss: ahu-sql plan says how",)


def _read(connection: Connection, readings: Readings | None) -> tuple[Log, tuple[str, ...]]:
    is_vacuumed, dead_rows, is_standby, sees_all = _row(connection, _STATE, {})
    oldest_day, oldest_age = _row(connection, _TAIL, {})
    # Nothing can be said of what lies before the first reading where that is not known.
    border = {"first_day": readings.oldest_day if readings else None}
    log = Log(
        dead_rows=None if is_standby else dead_rows,
        is_vacuumed=is_vacuumed,
        lost_days=tuple(day for (day,) in connection.execute(_LOST, border)),
        oldest_day=oldest_day,
        oldest_age=oldest_age,
        holders=() if is_standby else tuple(_holders(connection)),
    )
    if is_standby:
        return log, ("dead rows of the log, and what holds them: the primary knows",)
    if not sees_all:
        return log, (
            f"who keeps the log from being vacuumed: role {connection.info.user} may not see the "
            "sessions of others, members of pg_monitor may",
        )
    return log, ()


def _row(connection: Connection, query: str, values: dict[str, Any]) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None, "an aggregate, or one row by its key"
    return row


def _holders(connection: Connection) -> Iterator[Holder]:
    for kind, name, pid, who, since in connection.execute(_HOLDERS):
        if kind == "session":
            yield Holder(
                f"process {pid} ({who}) has held its transaction open since {since}",
                f"select pg_terminate_backend({pid});",
            )
        elif kind == "prepared":
            yield Holder(
                f"transaction {name} of {who} has been prepared since {since} and waits for its "
                "end: commit prepared where it is to count",
                sql.SQL("rollback prepared {};").format(sql.Literal(name)).as_string(None),
            )
        elif kind == "slot":
            yield Holder(
                f"replication slot {name} keeps rows for a standby that is not there",
                sql.SQL("select pg_drop_replication_slot({});")
                .format(sql.Literal(name))
                .as_string(None),
            )
        else:
            yield Holder(
                f"the standby {who} keeps rows for a query of its own (hot_standby_feedback)",
                "select pg_cancel_backend(pid) from pg_stat_activity where state = 'active' and "
                "pid <> pg_backend_pid();  -- there",
            )


_STATE = """
    select
        coalesce(
            (
                select
                    o.option_value::boolean
                from pg_catalog.pg_options_to_table(c.reloptions) as o
                where o.option_name = 'autovacuum_enabled'
            ),
            true
        ),
        coalesce(pg_catalog.pg_stat_get_dead_tuples(c.oid), 0),
        pg_catalog.pg_is_in_recovery(),
        pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
    from pg_catalog.pg_class as c
    where c.oid = '_ahu.pending_changes'::pg_catalog.regclass
"""

# What lookback marks is no change that waits.
_TAIL = """
    select
        min(p.day),
        pg_catalog.now() - (
            select
                t.from_time
            from _ahu.day_span(min(p.day), min(p.day)) as t
        )
    from _ahu.pending_changes as p
    where p.reason <> 'lookback'
"""

# A day from which as many readings were deleted as came is no lost one.
_LOST = """
    select
        p.day
    from _ahu.pending_changes as p
    cross join lateral (
        select
            sum(n.readings) as readings
        from pg_catalog.unnest(p.net_readings) as n (readings)
    ) as came
    where p.day < %(first_day)s::date
    group by p.day
    having bool_or(p.reason in ('insert', 'update', 'backfill'))
        and not bool_or(p.reason = 'truncate')
        and coalesce(sum(came.readings), 1) > 0
    order by p.day
"""

# A standby that keeps up holds a few transactions; what is long is said by ahu.settings, which an
# older install has without it. VACUUM itself and CREATE INDEX CONCURRENTLY keep nothing.
_HOLDERS = """
    with threshold as (
        select
            coalesce(
                (
                    select
                        (pg_catalog.to_jsonb(t) ->> 'long_running_after')::interval
                    from ahu.settings as t
                ),
                interval '1 minute'
            ) as long,
            100000 as many
    )
    select
        case when a.backend_type = 'walsender' then 'standby' else 'session' end,
        null,
        a.pid,
        coalesce(nullif(a.application_name, ''), a.usename::text, a.backend_type),
        a.xact_start::timestamptz(0)::text
    from pg_catalog.pg_stat_activity as a
    cross join threshold as t
    where a.pid <> pg_catalog.pg_backend_pid()
        and (a.datname = pg_catalog.current_database() or a.backend_type = 'walsender')
        and a.backend_type <> 'autovacuum worker'
        and case
            when a.backend_type = 'walsender' then pg_catalog.age(a.backend_xmin) > t.many
            else (a.backend_xmin is not null or a.backend_xid is not null)
                and pg_catalog.clock_timestamp() - a.xact_start > t.long
        end
        and not exists (
            select
            from pg_catalog.pg_stat_progress_vacuum as v
            where v.pid = a.pid
        )
        and not exists (
            select
            from pg_catalog.pg_stat_progress_create_index as x
            where x.pid = a.pid
        )
    union all
    select
        'prepared',
        x.gid,
        null,
        x.owner::text,
        x.prepared::timestamptz(0)::text
    from pg_catalog.pg_prepared_xacts as x
    cross join threshold as t
    where x.database = pg_catalog.current_database()
        and pg_catalog.clock_timestamp() - x.prepared > t.long
    union all
    select
        case when s.active then 'standby' else 'slot' end,
        s.slot_name::text,
        s.active_pid,
        s.slot_name::text,
        null
    from pg_catalog.pg_replication_slots as s
    cross join threshold as t
    where s.xmin is not null
        and (not s.active or pg_catalog.age(s.xmin) > t.many)
    order by 1, 5, 2
"""
