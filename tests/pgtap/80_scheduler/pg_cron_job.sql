-- What pg_cron, pretended here, says of our job.
select plan(24);

select is_empty('select job_id from _ahu.pg_cron_job()', 'without pg_cron there is no job');
create schema cron;
create table cron.job (jobid bigint);
select is_empty('select job_id from _ahu.pg_cron_job()', 'a schema of that name is not pg_cron');
drop schema cron cascade;
call tap.pretend_pg_cron('1.6');
select is_empty('select job_id from _ahu.pg_cron_job()', 'nor is there one before it is made');

insert into cron.job (jobid, jobname, schedule, command, database, username)
values
    (1, 'another', '* * * * *', _ahu.pg_cron_command(), current_database(), 'a'),
    (2, 'ahu-sql refresh', '* * * * *', _ahu.pg_cron_command(), 'another_database', 'b'),
    (3, 'ahu-sql refresh', '* * * * *', 'select 1', current_database(), 'c'),
    (4, 'ahu-sql refresh', '* * * * *', null, current_database(), 'd');
select is_empty(
    'select job_id from _ahu.pg_cron_job()', 'nor is another job, or one of another database, ours'
);
insert into cron.job (jobid, jobname, schedule, command, username)
values (5, 'ahu-sql refresh', '*/6 * * * *', _ahu.pg_cron_command(), 'c too');
select results_eq(
    $$
        select
            j.job_id,
            j.schedule,
            j.last_run,
            j.last_error,
            j.last_error_at
        from _ahu.pg_cron_job() as j
    $$,
    $$values (5::bigint, '*/6 * * * *', null::timestamptz, null::text, null::timestamptz)$$,
    'ours is the one of that name and command in this database; it has not run yet'
);
insert into cron.job_run_details (jobid, status, return_message, start_time, end_time)
values
    (1, 'failed', 'of another', '2024-03-01 23:00+00', null),
    (5, 'succeeded', 'CALL', '2024-03-01 11:54+00', null),
    (5, 'failed', 'the first', '2024-03-01 12:00+00', null),
    (5, 'failed', 'the last', '2024-03-01 12:06+00', null),
    (5, 'succeeded', 'CALL', '2024-03-01 12:12+00', null),
    (5, 'starting', null, null, null);
select results_eq(
    'select last_run, last_error, last_error_at from _ahu.pg_cron_job()',
    $$
        values (
            '2024-03-01 12:12+00'::timestamptz, 'the last', '2024-03-01 12:06+00'::timestamptz
        )
    $$,
    'its last run is the newest that began, its last error that of the newest that failed'
);
insert into cron.job_run_details (jobid, status, return_message, start_time, end_time)
values (5, 'failed', 'it never began', null, '2024-03-01 12:18+00');
select results_eq(
    'select last_run, last_error, last_error_at from _ahu.pg_cron_job()',
    $$
        values (
            '2024-03-01 12:12+00'::timestamptz, 'it never began',
            '2024-03-01 12:18+00'::timestamptz
        )
    $$,
    'a run that could not begin has failed when it ended'
);

-- The next run.
create function pg_temp.next_run(expression text)
returns timestamptz
language plpgsql
as $next_run$
begin
    update cron.job
    set schedule = expression
    where jobid = 5;
    return (select j.next_run from _ahu.pg_cron_job() as j);
end
$next_run$;
select ok(
    (
        select
            n.at > now()
            and n.at <= now() + e.every::interval
            and extract(epoch from n.at) % extract(epoch from e.every::interval) = 0
        from pg_temp.next_run(_ahu.pg_cron_expression(e.every::interval)) as n (at)
    ),
    'the next run lies ahead, at most the interval, and on the clock: ' || e.every
)
from (
    values
        ('1 minute'),
        ('2 minutes'),
        ('6 minutes'),
        ('30 minutes'),
        ('1 hour'),
        ('2 hours'),
        ('12 hours'),
        ('1 day')
) as e (every);
select is(
    pg_temp.next_run('30 seconds'),
    '2024-03-01 12:12:30+00'::timestamptz,
    'seconds are counted from the last run'
);
select is(
    pg_temp.next_run(e.expression),
    null,
    'of what a DBA has written nothing is said: ' || e.expression
)
from (values ('5 4 * * *'), ('*/6 1 * * *'), ('0 0 1 * *'), ('@reboot')) as e (expression);
update cron.job
set active = false
where jobid = 5;
select is(
    pg_temp.next_run('*/6 * * * *'), null, 'a job that is not active has no next run'
);

-- Two roles' jobs.
insert into cron.job (jobid, jobname, schedule, command, username)
values (6, 'ahu-sql refresh', '* * * * *', _ahu.pg_cron_command(), 'e');
select results_eq(
    'select job_id from _ahu.pg_cron_job()', 'values (5::bigint)', 'of two jobs the first is told'
);

-- Rights.
revoke usage on schema cron from public;
set local role ahu_owner;
select is_empty('select job_id from _ahu.pg_cron_job()', 'who may not ask pg_cron is told nothing');
reset role;
grant usage on schema cron to public;
revoke select on cron.job_run_details from public;
set local role ahu_owner;
select is_empty('select job_id from _ahu.pg_cron_job()', 'nor who may not see its runs');
reset role;

select * from finish();
