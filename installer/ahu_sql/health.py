"""What an operator should know of an installed database, and what needs attention."""

from __future__ import annotations

from dataclasses import dataclass

from ahu_sql.database import Answer, Connection, ask
from ahu_sql.inspection import is_installed


@dataclass(frozen=True)
class Health:
    """Freshness of the views, the last refreshes, and one sentence per concern."""

    freshness: Answer
    runs: Answer
    concerns: tuple[str, ...]


def read_health(connection: Connection) -> Health:
    """The state of an installed database."""
    return Health(
        freshness=ask(connection, _FRESHNESS),
        runs=ask(connection, _RUNS),
        concerns=tuple(str(row[0]) for row in connection.execute(_CONCERNS)),
    )


def read_repairs(connection: Connection) -> tuple[str, ...]:
    """What an install would put right, by a line each; empty where nothing is installed."""
    if not is_installed(connection):
        return ()
    return tuple(str(row[0]) for row in connection.execute(_REPAIRS))


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

_REPAIRS = """
    select
        'triggers of the raw table, and a backfill of what they missed'
    where not coalesce(
        (select pg_catalog.bool_and(f.is_tracked) from ahu.freshness as f),
        false
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
        )
"""

_CONCERNS = """
    select
        c.concern
    from (
        select distinct
            1 as place,
            'stale: changes have waited since '
                || f.pending_since::timestamptz(0)::text
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
                || ' keys have fewer raw readings than their summaries; see _ahu.quarantine'
        from ahu.freshness as f
        where f.quarantined_keys > 0
        union all
        select distinct
            4,
            'tracking: a trigger of the raw table is missing or disabled; '
                || 'run ahu-sql install, which folds everything anew'
        from ahu.freshness as f
        where not f.is_tracked
    ) as c
    order by
        c.place,
        c.concern
"""
