"""What an operator should know of an installed database, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ahu_sql.database import Answer, Connection, ask
from ahu_sql.drift import Survey, read_survey
from ahu_sql.inspection import may_read_private_parts
from ahu_sql.repairs import ask_of_what_is_left, read_surroundings


@dataclass(frozen=True)
class Concern:
    """What needs attention. code: a stable word; text: what is wrong, and what to do about it."""

    code: str
    text: str

    def __str__(self) -> str:
        """The line that the command prints."""
        return f"{self.code}: {self.text}"


@dataclass(frozen=True)
class Health:
    """Of one database: freshness of the views, the last refreshes, the job (or no row), concerns.

    None: what tells it has drifted. Names of columns that end in _s are seconds.
    """

    database: str
    freshness: Answer | None
    runs: Answer | None
    job: Answer | None
    concerns: tuple[Concern, ...]


def read_health(connection: Connection) -> Health:
    """The state of an installed database."""
    survey = read_survey(connection)
    look = ask_of_what_is_left if survey.drift else ask
    concerns = look(connection, _CONCERNS)
    return Health(
        database=connection.info.dbname,
        freshness=look(connection, _FRESHNESS),
        runs=look(connection, _RUNS),
        job=look(connection, _JOB),
        concerns=(
            *(Concern(str(code), str(text)) for code, text in (concerns.rows if concerns else ())),
            *_of_drift(connection, survey),
        ),
    )


def _of_drift(connection: Connection, survey: Survey) -> Iterator[Concern]:
    lines = [str(drift) for drift in survey.drift]
    if may_read_private_parts(connection):
        lines += read_surroundings(connection)
    for line in lines:
        yield Concern("drift", f"{line}; run ahu-sql install")


def read_left_out(connection: Connection) -> int:
    """How many keys have more readings in their stored summaries than the native rollup has."""
    row = connection.execute(_LEFT_OUT).fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True)
class LargeObjects:
    """What an install had to leave. in_use: whether the database holds large objects.

    left_open, left_closed: functions that create them, as SQL lists them, which PUBLIC may execute
    against the settings, or may not because of us; None: there are none.
    """

    left_open: str | None
    left_closed: str | None
    in_use: bool


def read_large_objects(connection: Connection) -> LargeObjects:
    """What everybody may do with large objects, against what the settings say."""
    row = connection.execute(_LARGE_OBJECTS).fetchone()
    return LargeObjects(*row) if row else LargeObjects(None, None, False)


_FRESHNESS = """
    select
        f.view_name,
        f.newest_day,
        f.newest_reading,
        f.pending_days,
        f.pending_since,
        f.backfill_days,
        f.quarantined_keys,
        f.last_refresh,
        extract(epoch from f.last_duration) as last_duration_s,
        f.is_stale,
        f.is_tracked,
        f.scheduler,
        f.job_id,
        f.job_schedule,
        f.job_last_run,
        f.job_next_run,
        f.job_last_error,
        f.job_last_error_at,
        -- Not there before 0.2: who has a newer program may ask before he runs install.
        (pg_catalog.to_jsonb(f) ->> 'pending_keys')::bigint as pending_keys
    from ahu.freshness as f
    order by f.view_name
"""

_RUNS = """
    select
        r.run_id,
        r.started_at,
        r.finished_at,
        extract(epoch from r.duration) as duration_s,
        r.called_by,
        r.outcome,
        r.days,
        r.keys,
        r.readings,
        r.quarantined,
        r.days_pending
    from ahu.refresh_runs as r
    order by r.started_at desc
    limit 5
"""

_JOB = """
    select distinct
        f.scheduler,
        f.job_id,
        f.job_schedule as schedule,
        f.job_last_run as last_run,
        f.job_next_run as next_run,
        f.job_last_error as last_error,
        f.job_last_error_at as last_error_at
    from ahu.freshness as f
    where f.job_id is not null
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

_LARGE_OBJECTS = """
    select
        (
            select
                pg_catalog.string_agg(w.function_name, ', ' order by w.function_name)
            from _ahu.wanted_revokes() as w
            where pg_catalog.has_function_privilege(
                'public', pg_catalog.to_regprocedure(w.function_name), 'execute'
            )
        ),
        (
            select
                pg_catalog.string_agg(r.function_name, ', ' order by r.function_name)
            from _ahu.site_revokes as r
            where not exists (
                select
                from _ahu.wanted_revokes() as w
                where w.function_name = r.function_name
            )
                and not pg_catalog.has_function_privilege(
                    'public', pg_catalog.to_regprocedure(r.function_name), 'execute'
                )
        ),
        exists (
            select
            from pg_catalog.pg_largeobject_metadata as m
        )
"""

_CONCERNS = """
    select
        c.code,
        c.concern
    from (
        select distinct
            1 as place,
            'stale' as code,
            case
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
            'backfill',
            f.backfill_days::text
                || case f.backfill_days when 1 then ' day is' else ' days are' end
                || ' left; run ahu-sql install'
        from ahu.freshness as f
        where f.backfill_days > 0
        union all
        select distinct
            3,
            'quarantine',
            f.quarantined_keys::text
                || case f.quarantined_keys when 1 then ' key has' else ' keys have' end
                || ' fewer raw readings than in the summary; '
                || 'see _ahu.quarantine and ahu.resolve_quarantine'
        from ahu.freshness as f
        where f.quarantined_keys > 0
        union all
        select distinct
            4,
            'tracking',
            'a trigger of the raw table is missing or disabled; '
                || 'run ahu-sql install, which folds everything anew'
        from ahu.freshness as f
        where f.is_tracked is false
        union all
        select distinct
            5,
            'job',
            'run of ' || f.job_last_error_at::timestamptz(0)::text || ' failed: '
                || f.job_last_error
        from ahu.freshness as f
        where f.job_last_error_at >= f.job_last_run
        union all
        select
            6,
            'native',
            n.nspname || '.' || c.relname
                || ' was never filled, the views cannot be read; run ahu-sql install'
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n
            on n.oid = c.relnamespace
        where n.nspname = '_ahu'
            and c.relkind = 'm'
            and not c.relispopulated
        union all
        -- 7020050001: _ahu.refresh_lock(). A refresh holds it for its transaction; a session that
        -- holds it and rests took it by itself, behind a pool for as long as the connection lives.
        select
            7,
            'lock',
            'process ' || l.pid::text || ' (' || a.usename::text || ') rests and holds the lock of '
                || 'the refresh, which must wait; select pg_terminate_backend(' || l.pid::text
                || ')'
        from pg_catalog.pg_locks as l
        join pg_catalog.pg_stat_activity as a
            on a.pid = l.pid
        join pg_catalog.pg_database as d
            on d.oid = l.database
        where l.locktype = 'advisory'
            and l.granted
            and d.datname = pg_catalog.current_database()
            and l.classid::bigint << 32 | l.objid::bigint = 7020050001
            and a.state = 'idle'
    ) as c
    order by
        c.place,
        c.concern
"""
