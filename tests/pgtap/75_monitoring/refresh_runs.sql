-- The history of refreshes, as ahu_read sees it.
select plan(15);

select is(
    (
        select
            string_agg(a.attname, ', ' order by a.attnum)
        from pg_attribute as a
        where a.attrelid = 'ahu.refresh_runs'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'run_id, started_at, finished_at, duration, called_by, outcome, days, keys, readings, '
    'quarantined, days_pending',
    'the columns of ahu.refresh_runs are these, in this order'
);
select col_type_is('ahu', 'refresh_runs', 'run_id', 'bigint', 'run_id is bigint');
select col_type_is(
    'ahu', 'refresh_runs', 'started_at', 'timestamp with time zone',
    'started_at is timestamp with time zone'
);
select col_type_is(
    'ahu', 'refresh_runs', 'finished_at', 'timestamp with time zone',
    'finished_at is timestamp with time zone'
);
select col_type_is('ahu', 'refresh_runs', 'duration', 'interval', 'duration is interval');
select col_type_is('ahu', 'refresh_runs', 'called_by', 'text', 'called_by is text');
select col_type_is('ahu', 'refresh_runs', 'outcome', 'text', 'outcome is text');
select col_type_is('ahu', 'refresh_runs', 'days', 'integer', 'days is integer');
select col_type_is('ahu', 'refresh_runs', 'keys', 'bigint', 'keys is bigint');
select col_type_is('ahu', 'refresh_runs', 'readings', 'bigint', 'readings is bigint');
select col_type_is('ahu', 'refresh_runs', 'quarantined', 'bigint', 'quarantined is bigint');
select col_type_is('ahu', 'refresh_runs', 'days_pending', 'integer', 'days_pending is integer');

truncate _ahu.refresh_run;
insert into _ahu.refresh_run (
    started_at, finished_at, called_by, outcome, days, keys, readings, quarantined, days_pending
)
values (
    '2024-03-01 12:00+09', '2024-03-01 12:00:01.5+09', 'ahu_write', 'refreshed', 1, 2, 3, 4, 5
);
set local role ahu_read;
select results_eq(
    $$
        select
            started_at,
            finished_at,
            duration,
            called_by,
            outcome,
            days,
            keys,
            readings,
            quarantined,
            days_pending
        from ahu.refresh_runs
    $$,
    $$
        values (
            '2024-03-01 12:00+09'::timestamptz,
            '2024-03-01 12:00:01.5+09'::timestamptz,
            interval '1.5 seconds',
            'ahu_write',
            'refreshed',
            1,
            2::bigint,
            3::bigint,
            4::bigint,
            5
        )
    $$,
    'a run is told as it was written down, with its duration'
);
reset role;
call ahu.refresh_dashboard_views();
call ahu.refresh_dashboard_views();
select is(
    (select count(*) from ahu.refresh_runs),
    2::bigint,
    'each refresh adds a row, and a row older than keep_runs is gone'
);
select ok(
    (
        select
            bool_and(r.run_id > p.run_id)
        from ahu.refresh_runs as r
        join ahu.refresh_runs as p
            on p.started_at < r.started_at
    ),
    'numbers ascend with time'
);

select * from finish();
