"""What an operator should know of an installed database, and what needs attention."""

from __future__ import annotations

from dataclasses import dataclass

from ahu_sql.database import Answer, Connection, ask
from ahu_sql.inspection import is_installed


@dataclass(frozen=True)
class Health:
    """Freshness of the views, the last refreshes, the job (or no row), one sentence per concern."""

    freshness: Answer
    runs: Answer
    job: Answer
    concerns: tuple[str, ...]


def read_health(connection: Connection) -> Health:
    """The state of an installed database."""
    return Health(
        freshness=ask(connection, _FRESHNESS),
        runs=ask(connection, _RUNS),
        job=ask(connection, _JOB),
        concerns=tuple(str(row[0]) for row in connection.execute(_CONCERNS)),
    )


def read_repairs(connection: Connection) -> tuple[str, ...]:
    """What an install would put right, by a line each; empty where nothing is installed."""
    if not is_installed(connection):
        return ()
    return tuple(str(row[0]) for row in connection.execute(_REPAIRS))


def read_left_out(connection: Connection) -> int:
    """How many keys have more readings in their stored summaries than the native rollup has."""
    row = connection.execute(_LEFT_OUT).fetchone()
    return int(row[0]) if row else 0


_FRESHNESS = """
    select
        f.view_name as view,
        f.newest_day,
        f.pending_days as pending,
        f.backfill_days as backfill,
        f.quarantined_keys as quarantined,
        f.last_refresh::timestamptz(0) as last_refresh,
        f.is_stale as stale
    from ahu.freshness as f
    order by f.view_name
"""

_RUNS = """
    select
        r.finished_at::timestamptz(0) as finished_at,
        pg_catalog.round(extract(epoch from r.duration) * 1000, 1) as ms,
        r.called_by,
        r.outcome,
        r.days,
        r.keys,
        r.readings,
        r.quarantined
    from ahu.refresh_runs as r
    order by r.started_at desc
    limit 5
"""

_JOB = """
    select distinct
        f.scheduler,
        f.job_id as job,
        f.job_schedule as schedule,
        f.job_last_run::timestamptz(0) as last_run,
        f.job_next_run::timestamptz(0) as next_run,
        f.job_last_error as last_error
    from ahu.freshness as f
    where f.job_id is not null
"""

_REPAIRS = """
    select
        'triggers of the raw table, and a backfill of what they missed'
    where not _ahu.is_tracked()
    union all
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
    union all
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
"""

_LEFT_OUT = """
    select
        count(*)
    from _ahu.daily_rollup as d
    left join _ahu.daily_native as n
        on n.day = d.day
        and n.ahu_id = d.ahu_id
    where d.readings > coalesce(n.readings, 0)
"""

_CONCERNS = """
    select
        c.concern
    from (
        select distinct
            1 as place,
            'stale: '
                || case
                    when f.is_tracked is not null
                    then 'changes have waited since ' || f.pending_since::timestamptz(0)::text
                    else coalesce(
                        'the last refresh was at ' || f.last_refresh::timestamptz(0)::text,
                        'there was no refresh yet'
                    )
                end
                || '; call ahu.refresh_dashboard_views()' as concern
        from ahu.freshness as f
        where f.is_stale
        union all
        select distinct
            2,
            'backfill: ' || f.backfill_days::text || ' days are left; run ahu-sql install'
        from ahu.freshness as f
        where f.backfill_days > 0
        union all
        select distinct
            3,
            'quarantine: ' || f.quarantined_keys::text
                || ' keys have fewer raw readings than their summaries; '
                || 'see _ahu.quarantine and ahu.resolve_quarantine'
        from ahu.freshness as f
        where f.quarantined_keys > 0
        union all
        select distinct
            4,
            'tracking: a trigger of the raw table is missing or disabled; '
                || 'run ahu-sql install, which folds everything anew'
        from ahu.freshness as f
        where f.is_tracked is false
        union all
        select distinct
            5,
            'job: run of ' || f.job_last_error_at::timestamptz(0)::text || ' failed: '
                || f.job_last_error
        from ahu.freshness as f
        where f.job_last_error_at >= f.job_last_run
        union all
        select
            6,
            'native: ' || n.nspname || '.' || c.relname
                || ' was never filled, the views cannot be read; run ahu-sql install'
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n
            on n.oid = c.relnamespace
        where n.nspname = '_ahu'
            and c.relkind = 'm'
            and not c.relispopulated
    ) as c
    order by
        c.place,
        c.concern
"""
