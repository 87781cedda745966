-- How fresh the three views are, one row each: for dashboards' badges and for operators.
create or replace view ahu.freshness as
with pending as (
    select
        count(distinct p.day)::integer as pending_days,
        (count(distinct p.day) filter (where p.reason = 'backfill'))::integer as backfill_days,
        min(p.logged_at) as pending_since
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
tracking as (
    -- As many as _ahu.wanted_triggers names. Not asked here: whoever reads this view would have to
    -- be allowed to call it.
    select
        count(*) = max(case c.relkind when 'p' then 5 else 4 end) as is_tracked
    from _ahu.source as s
    join pg_catalog.pg_namespace as n
        on n.nspname = s.table_schema
    join pg_catalog.pg_class as c
        on c.relnamespace = n.oid
        and c.relname = s.table_name
    join pg_catalog.pg_trigger as t
        on t.tgrelid = c.oid
    join pg_catalog.pg_proc as f
        on f.oid = t.tgfoid
    join pg_catalog.pg_namespace as o
        on o.oid = f.pronamespace
    where o.nspname = '_ahu'
        and t.tgenabled in ('O', 'A')
        -- Statements on a parent, or on a child by inheritance, do not fire the raw table's
        -- triggers.
        and not exists (
            select
            from pg_catalog.pg_inherits as i
            where i.inhrelid = c.oid
                or i.inhparent = c.oid and c.relkind = 'r'
        )
),
newest as (
    select
        max(d.day) as newest_day,
        max(d.newest_reading) as newest_reading
    from _ahu.daily_rollup as d
    where d.day = (select max(l.day) from _ahu.daily_rollup as l)
)
select
    v.view_name,
    case
        when v.view_name = 'mv_monthly_ahu_costs'
        then pg_catalog.date_trunc('month', n.newest_day::timestamp)::date
        else n.newest_day
    end as newest_day,
    n.newest_reading,
    p.pending_days,
    p.pending_since,
    p.backfill_days,
    q.quarantined_keys,
    r.last_refresh,
    r.last_duration,
    coalesce(
        pg_catalog.clock_timestamp() - p.pending_since
            > coalesce(s.stale_after, interval '1 hour'),
        false
    ) as is_stale,
    coalesce(t.is_tracked, false) as is_tracked
from (
    values
        ('mv_daily_ahu_costs'),
        ('mv_daily_ahu_kwh'),
        ('mv_monthly_ahu_costs')
) as v (view_name)
cross join pending as p
cross join quarantine as q
cross join newest as n
cross join tracking as t
left join last_run as r
    on true
-- Somebody may have deleted the settings: then the default is in force.
left join ahu.settings as s
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
    'How many days have changes that no refresh has folded yet.';
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
    'Whether a change has waited for longer than ahu.settings.stale_after.';

comment on column ahu.freshness.is_tracked is
    'Whether the triggers that track changes are all on the raw table and enabled.';

revoke all on table ahu.freshness from public;
grant select on table ahu.freshness to ahu_read;
