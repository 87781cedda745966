-- How fresh the three views are, one row each: for dashboards' badges and for operators.
create or replace view ahu.freshness as
with pending as (
    select
        (count(distinct p.day) filter (where p.reason <> 'lookback'))::integer as pending_days,
        (count(distinct p.day) filter (where p.reason = 'backfill'))::integer as backfill_days,
        min(p.logged_at) filter (where p.reason <> 'lookback') as pending_since
    from _ahu.pending_changes as p
),
quarantine as (
    select
        count(*) as quarantined_keys
    from _ahu.quarantine as q
),
last_run as (
    select
        r.finished_at as last_refresh,
        r.finished_at - r.started_at as last_duration
    from _ahu.refresh_run as r
    order by r.started_at desc
    limit 1
),
kept as materialized (
    select
        s.strategy = 'native' as is_native,
        _ahu.is_tracked() as is_tracked,
        s.backfill_marked_at,
        -- Somebody may have deleted the settings: then the default is in force.
        coalesce((select t.stale_after from ahu.settings as t), interval '1 hour') as stale_after
    from _ahu.source as s
)
select
    v.view_name,
    case
        when v.view_name = 'mv_monthly_ahu_costs'
        then pg_catalog.date_trunc('month', n.newest_day::timestamp)::date
        else n.newest_day
    end as newest_day,
    n.newest_reading,
    -- What was pending when the strategy became native waits for the way back.
    case when not k.is_native then p.pending_days end as pending_days,
    case when not k.is_native then p.pending_since end as pending_since,
    case when k.is_native then 0 else p.backfill_days end as backfill_days,
    case when k.is_native then 0 else q.quarantined_keys end as quarantined_keys,
    r.last_refresh,
    r.last_duration,
    case
        when k.is_tracked is null
        then coalesce(
            pg_catalog.clock_timestamp() - greatest(r.last_refresh, k.backfill_marked_at)
                > k.stale_after,
            true
        )
        else coalesce(pg_catalog.clock_timestamp() - p.pending_since > k.stale_after, false)
    end as is_stale,
    k.is_tracked,
    j.scheduler,
    j.job_id,
    j.schedule as job_schedule,
    j.last_run as job_last_run,
    j.next_run as job_next_run,
    j.last_error as job_last_error,
    j.last_error_at as job_last_error_at,
    -- An entry for all AHUs of a day says not which it has: those that it had count, and a day
    -- without a summary as one. Not computed for who does not ask for it.
    case
        when not k.is_native
        then (
            select
                count(*)
            from (
                select
                    e.day,
                    a.ahu_id
                from (
                    select distinct
                        l.day,
                        l.ahu_ids
                    from _ahu.pending_changes as l
                    where l.reason <> 'lookback'
                        and l.ahu_ids is not null
                ) as e
                cross join lateral pg_catalog.unnest(e.ahu_ids) as a (ahu_id)
                union
                select
                    l.day,
                    d.ahu_id
                from _ahu.pending_changes as l
                left join _ahu.daily_rollup as d
                    on d.day = l.day
                where l.reason <> 'lookback'
                    and l.ahu_ids is null
            ) as pending_key
        )
    end as pending_keys
from (
    values
        ('mv_daily_ahu_costs'),
        ('mv_daily_ahu_kwh'),
        ('mv_monthly_ahu_costs')
) as v (view_name)
cross join pending as p
cross join quarantine as q
cross join _ahu.extent() as n
cross join kept as k
left join last_run as r
    on true
left join _ahu.current_job() as j
    on true;

comment on view ahu.freshness is
    'How fresh each of the three views is, and what waits for the next refresh.';
comment on column ahu.freshness.view_name is
    'The view, in schema ahu.';
comment on column ahu.freshness.newest_day is
    'Newest day (or first day of the newest month) of the view; null: the view is empty.';
comment on column ahu.freshness.newest_reading is
    'Time of the newest reading that is in the view; null: the view is empty.';
comment on column ahu.freshness.pending_days is
    'How many days have changes that no refresh has folded yet; null: unknown under the strategy '
    'native. Under lookback what is marked by hand or for the backfill.';
comment on column ahu.freshness.pending_since is
    'Time of the oldest such change; null: nothing is pending.';
comment on column ahu.freshness.backfill_days is
    'How many of the pending days are left of the backfill after an install.';
comment on column ahu.freshness.quarantined_keys is
    'Keys (day and AHU) whose summary is kept although raw readings are missing.';
comment on column ahu.freshness.last_refresh is
    'When the last refresh was done; null: never, or longer ago than ahu.settings.keep_runs.';
comment on column ahu.freshness.last_duration is
    'How long it took, waiting for another refresh included.';
comment on column ahu.freshness.is_stale is
    'Whether a change has waited for longer than ahu.settings.stale_after; where changes are not '
    'tracked, whether the last refresh is longer ago than that.';
comment on column ahu.freshness.is_tracked is
    'Whether the triggers that track changes are all on the raw table and enabled; null: the '
    'strategy native and lookback need none.';
comment on column ahu.freshness.scheduler is
    'The scheduler that calls the refresh, timescaledb or pg_cron; null: no job, see '
    'ahu.schedule_refresh.';
comment on column ahu.freshness.job_id is
    'Number of the job; null: no job.';
comment on column ahu.freshness.job_schedule is
    'When it runs, as the scheduler says it; null: no job.';
comment on column ahu.freshness.job_last_run is
    'When its last run began; null: it has not run yet, or no job.';
comment on column ahu.freshness.job_next_run is
    'When it is to run next; null: unknown, or no job.';
comment on column ahu.freshness.job_last_error is
    'What the last of its runs that failed said; null: none is on record.';
comment on column ahu.freshness.job_last_error_at is
    'When that run began; null: none is on record.';
comment on column ahu.freshness.pending_keys is
    'How many keys (day and AHU) the pending days have to be folded for; where all AHUs of a day '
    'are pending, those it had, or one. Null: as for pending_days.';

revoke all on table ahu.freshness from public;
grant select on table ahu.freshness to ahu_read, pg_monitor;
