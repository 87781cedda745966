-- One job of pg_cron, which is pretended here.
select plan(12);

call tap.pretend_pg_cron('1.6');
insert into cron.job (jobname, schedule, command, database, username)
values
    ('another', '1 1 1 1 *', _ahu.pg_cron_command(), current_database(), current_user),
    ('ahu-sql refresh', '1 1 1 1 *', 'select 1', current_database(), 'a'),
    ('ahu-sql refresh', '1 1 1 1 *', _ahu.pg_cron_command(), 'another_database', 'b');
create temp table others as
select
    j.*
from cron.job as j;
create function pg_temp.schedule(every interval)
returns bigint
language plpgsql
as $schedule$
declare
    v_job_id bigint;
begin
    call _ahu.pg_cron_schedule(every, v_job_id);
    return v_job_id;
end
$schedule$;
create view pg_temp.ours as
select
    j.jobid,
    j.schedule,
    j.command,
    j.database,
    j.username
from cron.job as j
where j.jobid not in (select o.jobid from others as o);

create temp table first_job as
select
    pg_temp.schedule('6 minutes') as job_id;
select results_eq(
    'select jobid, schedule, database = current_database(), username = current_user
        from pg_temp.ours',
    'select job_id, ''*/6 * * * *''::text, true, true from first_job',
    'it answers with the number of the job that it makes'
);
select is(
    (select o.command from pg_temp.ours as o),
    'call ahu.refresh_dashboard_views(wait_for => ''0'')',
    'which calls the refresh and never waits'
);
select lives_ok((select o.command from pg_temp.ours as o), 'and can be run');
select is(
    pg_temp.schedule('30 seconds'),
    (select f.job_id from first_job as f),
    'called again it answers with the same job'
);
select results_eq(
    'select jobid, schedule from pg_temp.ours',
    'select job_id, ''30 seconds''::text from first_job',
    'whose interval is changed'
);
select results_eq(
    'select * from cron.job where jobid in (select jobid from others) order by jobid',
    'select * from others order by jobid',
    'other jobs stay as they are, such as one that only has the name'
);
set local role ahu_owner;
select results_eq(
    'select schedule from _ahu.pg_cron_job()',
    'values (''30 seconds'')',
    'ahu.freshness may show it'
);
reset role;
select is(
    (tap.error_of('select pg_temp.schedule(''7 minutes'')'))[1:2],
    array['22023', 'pg_cron cannot run a job every 00:07:00'],
    'an interval that pg_cron cannot keep to is refused'
);

-- A job that another role has made.
update cron.job
set username = 'c'
where jobid = (select f.job_id from first_job as f);
select is(
    pg_temp.schedule('2 hours'),
    (select f.job_id from first_job as f),
    'another role''s job is changed by whoever may see it'
);
select results_eq(
    'select schedule, command, username from pg_temp.ours',
    'select ''0 */2 * * *'', _ahu.pg_cron_command(), ''c''',
    'and stays that role''s; there is no second one'
);

-- A caller who does not own pg_cron.
call _ahu.pg_cron_unschedule();
create role scheduling_dba;
grant ahu_owner to scheduling_dba;
grant insert, update on cron.job to scheduling_dba;
set local role scheduling_dba;
select isnt(pg_temp.schedule('6 minutes'), null, 'who does not own pg_cron can make a job too');
reset role;
select is_empty(
    'select polname from pg_policy where polname = ''ahu_owner_sees_its_job''',
    'which is then not shown to others'
);

select * from finish();
