-- One job of TimescaleDB's scheduler; it is pretended, by tap.pretend_timescaledb.
select plan(7);

call tap.pretend_timescaledb('2.19.3', 'timescale');
insert into timescaledb_information.jobs (proc_schema, proc_name, schedule_interval)
values ('public', 'refresh_job', '1 day');
create function pg_temp.schedule(every interval)
returns bigint
language plpgsql
as $schedule$
declare
    v_job_id bigint;
begin
    call _ahu.timescaledb_schedule(every, v_job_id);
    return v_job_id;
end
$schedule$;

select is(pg_temp.schedule('6 minutes'), 1001::bigint, 'it answers with the job that it makes');
select results_eq(
    $$
        select
            j.proc_schema::text collate "default",
            j.proc_name::text collate "default",
            j.schedule_interval,
            j.config,
            j.initial_start = now(),
            j.check_name::text collate "default",
            j.fixed_schedule
        from timescaledb_information.jobs as j
        where j.job_id = 1001
    $$,
    $$
        values (
            '_ahu', 'refresh_job', '6 minutes'::interval, '{}'::jsonb, true, 'check_refresh_job',
            false
        )
    $$,
    'the job calls our procedure from now on, with a config that is checked, so long after each run'
);
select is(pg_temp.schedule('1 hour'), 1001::bigint, 'called again it answers with the same job');
select results_eq(
    'select job_id, schedule_interval from timescaledb_information.jobs order by job_id',
    $$values (1000, '1 day'::interval), (1001, '1 hour')$$,
    'whose interval is changed; others stay as they are'
);
select results_eq(
    'select next_start from timescaledb_information.job_stats where job_id = 1001',
    'select now() + interval ''1 hour''',
    'and counted from now'
);
update timescaledb_information.jobs
set scheduled = false;
select pg_temp.schedule('1 hour');
select results_eq(
    'select job_id, scheduled from timescaledb_information.jobs order by job_id',
    'values (1000, false), (1001, true)',
    'a job that was disabled is enabled, and no other'
);
create schema somewhere;
alter function public.add_job set schema somewhere;
update pg_extension
set extnamespace = 'somewhere'::regnamespace
where extname = 'timescaledb';
delete from timescaledb_information.jobs;
select is(pg_temp.schedule('6 minutes'), 1002::bigint, 'wherever TimescaleDB was installed');

select * from finish();
