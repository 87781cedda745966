-- The job that refreshes, as ahu.freshness shows it to those who may not ask a scheduler.
-- Schedulers are pretended here.
select plan(13);

select is_empty('select job_id from _ahu.current_job()', 'without a scheduler there is no job');
create view pg_temp.shown as
select distinct
    f.scheduler,
    f.job_id,
    f.job_schedule,
    f.job_last_run,
    f.job_next_run,
    f.job_last_error,
    f.job_last_error_at
from ahu.freshness as f;
select results_eq(
    'select num_nulls(scheduler, job_id, job_schedule, job_last_run, job_next_run, job_last_error,
        job_last_error_at) from pg_temp.shown',
    'values (7)',
    'and ahu.freshness shows none'
);

grant select on pg_temp.shown to ahu_read;

call tap.pretend_pg_cron('1.6');
insert into cron.job (jobid, jobname, schedule, command, username)
values (7, 'ahu-sql refresh', '*/6 * * * *', _ahu.pg_cron_command(), 'somebody');
insert into cron.job_run_details (jobid, username, status, return_message, start_time)
values
    (7, 'somebody', 'failed', 'ERROR: no', '2024-03-01 12:00+00'),
    (7, 'somebody', 'succeeded', 'CALL', '2024-03-01 12:06+00');
set local role ahu_read;
select is_empty(
    'select job_id from pg_temp.shown where job_id is not null',
    'pg_cron shows a job to its own role only'
);
select results_eq(
    'select count(*) from ahu.freshness',
    'values (3::bigint)',
    'which does not keep ahu.freshness from telling the rest'
);
reset role;
call _ahu.pg_cron_unveil();
set local role ahu_read;
select results_eq(
    'select scheduler, job_id, job_schedule, job_last_run, job_last_error, job_last_error_at
        from pg_temp.shown',
    $$
        values (
            'pg_cron', 7::bigint, '*/6 * * * *', '2024-03-01 12:06+00'::timestamptz, 'ERROR: no',
            '2024-03-01 12:00+00'::timestamptz
        )
    $$,
    'unless it was allowed: then readers see it in ahu.freshness'
);
select ok(
    (
        select
            s.job_next_run > now()
            and s.job_next_run <= now() + interval '6 minutes'
        from pg_temp.shown as s
    ),
    'and when it runs next'
);
reset role;
set local role ahu_write;
select throws_ok('select * from _ahu.current_job()', '42501', null, 'others are told nothing');
reset role;

-- Catalogs that are other than we know.
alter table cron.job rename column jobid to jobnumber;
select is_empty(
    'select job_id from _ahu.current_job()', 'of columns that are not there nothing is said'
);
alter table cron.job rename column jobnumber to jobid;
alter table cron.job rename to other_jobs;
select is_empty(
    'select job_id from _ahu.current_job()', 'of tables that are not there neither'
);
alter table cron.other_jobs rename to job;
select results_eq(
    'select job_id from _ahu.current_job()', 'values (7::bigint)', 'and when they are back it is'
);
revoke select on cron.job_run_details from public, ahu_owner;
select results_eq(
    'select count(*), count(job_id) from ahu.freshness',
    'values (3::bigint, 0::bigint)',
    'nor of those that may not be read; ahu.freshness tells the rest'
);
grant select on cron.job_run_details to ahu_owner;

select ok(
    (
        select
            p.prosecdef and p.provolatile = 's'
        from pg_proc as p
        where p.oid = '_ahu.current_job()'::regprocedure
    ),
    'it asks with its owner''s rights, and writes nothing'
);
insert into cron.job (jobid, jobname, schedule, command)
values (8, 'ahu-sql refresh', '* * * * *', _ahu.pg_cron_command());
select results_eq(
    'select count(*) from ahu.freshness',
    'values (3::bigint)',
    'two jobs do not make two rows of each view'
);

select * from finish();
