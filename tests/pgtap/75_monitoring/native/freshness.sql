-- How fresh native views are: nothing tracks changes, so the last refresh is all that is known.
select plan(10);

call tap.fill_native_site();
set local role ahu_read;
select results_eq(
    $$
        select
            newest_day,
            pending_days,
            pending_since,
            backfill_days,
            quarantined_keys,
            is_tracked,
            pending_keys
        from ahu.freshness
    $$,
    $$
        select
            null::date,
            null::integer,
            null::timestamptz,
            0,
            0::bigint,
            null::boolean,
            null::bigint
        from generate_series(1, 3)
    $$,
    'how much is pending is unknown, not nothing'
);
reset role;
insert into _ahu.pending_changes (reason, day, logged_at)
values
    ('backfill', '2024-03-01', now() - interval '1 day'),
    ('mark_changed', '2024-03-02', now() - interval '1 day');
select results_eq(
    'select distinct pending_days, pending_since, backfill_days, pending_keys from ahu.freshness',
    'values (null::integer, null::timestamptz, 0, null::bigint)',
    'what was pending before waits for the way back, and is not shown'
);
call ahu.refresh_dashboard_views();
select is(
    (select count(*) from _ahu.pending_changes),
    2::bigint,
    'a refresh leaves it alone'
);
select set_eq(
    'select view_name, newest_day, newest_reading from ahu.freshness',
    $$
        values
            ('mv_daily_ahu_costs', '2024-04-01'::date, '2024-04-01 00:00+09'::timestamptz),
            ('mv_daily_ahu_kwh', '2024-04-01', '2024-04-01 00:00+09'),
            ('mv_monthly_ahu_costs', '2024-04-01', '2024-04-01 00:00+09')
    $$,
    'what is in the views is told'
);
select ok(
    (select not bool_or(f.is_stale) from ahu.freshness as f),
    'right after a refresh they are not stale'
);
update _ahu.refresh_run
set started_at = now() - interval '3 hours',
    finished_at = now() - interval '2 hours';
update _ahu.source
set backfill_marked_at = now() - interval '3 hours';
select ok(
    (select bool_and(f.is_stale) from ahu.freshness as f),
    'two hours later they are'
);
update ahu.settings
set stale_after = '3 hours';
select ok(
    (select not bool_or(f.is_stale) from ahu.freshness as f),
    'unless the settings allow for more'
);
delete from ahu.settings;
select ok(
    (select bool_and(f.is_stale) from ahu.freshness as f),
    'without settings an hour is allowed'
);
update _ahu.source
set backfill_marked_at = now() - interval '1 minute';
select ok(
    (select not bool_or(f.is_stale) from ahu.freshness as f),
    'an install that has filled them counts as a refresh'
);
delete from _ahu.refresh_run;
update _ahu.source
set backfill_marked_at = null;
select ok(
    (select bool_and(f.is_stale) from ahu.freshness as f),
    'views that nobody has filled or refreshed are stale'
);

select * from finish();
