-- What TimescaleDB's scheduler says of our job; it is pretended, by tap.pretend_timescaledb.
select plan(5);

select is_empty('select job_id from _ahu.timescaledb_job()', 'without TimescaleDB there is no job');
call tap.pretend_timescaledb('2.19.3', 'timescale');
select is_empty('select job_id from _ahu.timescaledb_job()', 'nor is there one before it is made');
insert into timescaledb_information.jobs (proc_schema, proc_name, schedule_interval)
values
    ('public', 'refresh_job', '1 minute'),
    ('_ahu', 'refresh_job', '6 minutes'),
    ('_ahu', 'another_job', '1 minute');
select results_eq(
    'select * from _ahu.timescaledb_job()',
    $$
        values (
            1001::bigint, 'every 00:06:00', null::timestamptz, null::timestamptz, null::text,
            null::timestamptz
        )
    $$,
    'ours is the one that calls our procedure; nothing is known of runs that it has not had'
);
insert into timescaledb_information.job_stats (job_id, last_run_started_at, next_start)
values
    (1000, '2024-03-01 23:00+00', '2024-03-01 23:01+00'),
    (1001, '-infinity', '-infinity');
select results_eq(
    'select last_run, next_run from _ahu.timescaledb_job()',
    'values (null::timestamptz, null::timestamptz)',
    'a run at the beginning of time is none'
);
update timescaledb_information.job_stats
set last_run_started_at = '2024-03-01 12:00+00',
    next_start = '2024-03-01 12:06+00'
where job_id = 1001;
insert into timescaledb_information.job_errors (job_id, start_time, err_message)
values
    (1000, '2024-03-01 23:00+00', 'of another'),
    (1001, '2024-03-01 11:00+00', 'the last'),
    (1001, '2024-03-01 10:00+00', 'the first');
select results_eq(
    'select * from _ahu.timescaledb_job()',
    $$
        values (
            1001::bigint, 'every 00:06:00', '2024-03-01 12:00+00'::timestamptz,
            '2024-03-01 12:06+00'::timestamptz, 'the last', '2024-03-01 11:00+00'::timestamptz
        )
    $$,
    'its runs are its own, and its last error the newest'
);

select * from finish();
