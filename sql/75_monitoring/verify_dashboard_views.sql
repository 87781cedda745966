-- Compares what is stored with the raw readings, a month at a time so that memory does not grow
-- with the days that are asked for. Writers, refreshers and readers go on meanwhile: what it takes
-- is what a query takes, access share, kept until the end of the transaction as any query's locks
-- are. Over years call it month by month, each in a transaction, as `ahu-sql verify` does.
create or replace function ahu.verify_dashboard_views(from_day date, until_day date)
returns table (
    unit text,
    day date,
    ahu_id text,
    reason text,
    stored_readings bigint,
    raw_readings bigint,
    measures text[]
)
volatile
set search_path = pg_catalog, pg_temp
-- Its statements are many and short: compiling one would take longer than running it.
set jit = off
language plpgsql
as $verify_dashboard_views$
#variable_conflict use_column
declare
    v_month date;
begin
    call _ahu.require_keys(
        verify_dashboard_views.from_day,
        verify_dashboard_views.until_day,
        null,
        'select * from ahu.verify_dashboard_views(%s)'
    );
    call _ahu.require_filled();

    -- In the order in which an install that switches the strategy locks things: ours, and then the
    -- raw table. Else it and we could wait for each other.
    perform
    from _ahu.daily_summary as d
    cross join _ahu.monthly_summary as m
    cross join _ahu.retained_summary as r
    cross join _ahu.pending_changes as p
    cross join _ahu.quarantine as q
    cross join _ahu.source as s
    limit 0;

    for v_month in
        select
            m.month::date
        from generate_series(
            date_trunc('month', verify_dashboard_views.from_day::timestamp),
            verify_dashboard_views.until_day::timestamp,
            '1 month'
        ) as m (month)
    loop
        return query
        select
            'day',
            d.day,
            d.ahu_id,
            d.reason,
            d.stored_readings,
            d.raw_readings,
            d.measures
        from _ahu.differing_days(
            greatest(v_month, verify_dashboard_views.from_day),
            least((v_month + interval '1 month')::date - 1, verify_dashboard_views.until_day)
        ) as d;

        return query
        select
            'month',
            v_month,
            m.ahu_id,
            m.reason,
            m.stored_readings,
            m.summed_readings,
            m.measures
        from _ahu.differing_months(v_month) as m;
    end loop;
end
$verify_dashboard_views$;

comment on function ahu.verify_dashboard_views(date, date) is
    'One row per key of some days whose stored summary differs from raw; none: the views equal '
    'raw. from_day: the first of them, a date in the site''s time zone. until_day: the last one, '
    'included. unit: day; or month, where the row of a month that the days touch is not the sum of '
    'its stored days. day: the day, or the first of the month. ahu_id: the air handling unit. '
    'reason: pending (the next refresh folds it), quarantined, raw dropped (raw, with what is '
    'retained of it, has fewer readings than the summary) or tracking bypassed. stored_readings: '
    'how many readings the stored row sums up; 0: there is no row. raw_readings: how many raw has, '
    'and for a month its stored days; 0: none. measures: what differs, readings and newest_reading '
    'among them; null is not zero. Error 22023: no days; 55000: the views were never filled; '
    '40001: the transaction''s snapshot is older than a rewrite of the raw table; 42809, 42804: '
    'the raw table is none any more, or has columns of types that somebody has made.';

revoke all on function ahu.verify_dashboard_views(date, date) from public;
