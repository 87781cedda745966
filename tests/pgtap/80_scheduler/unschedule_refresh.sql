-- The job goes, of whichever scheduler; they are pretended, by tap.pretend_timescaledb and
-- tap.pretend_pg_cron.
select plan(14);

call ahu.unschedule_refresh();
select is(
    (select s.xmax from _ahu.source as s),
    pg_current_xact_id()::xid,
    'our row in _ahu.source is held, so that nobody makes a job meanwhile'
);
select lives_ok('call ahu.unschedule_refresh()', 'without a scheduler there is nothing to do');
call tap.pretend_timescaledb('2.19.3', 'timescale');
call tap.pretend_pg_cron('1.6');
select lives_ok('call ahu.unschedule_refresh()', 'nor is there without a job');

-- A job each, as after a change of licence by hand.
call ahu.schedule_refresh('6 minutes');
insert into cron.job (jobname, schedule, command)
values
    ('ahu-sql refresh', '* * * * *', _ahu.pg_cron_command()),
    ('another', '* * * * *', _ahu.pg_cron_command());
call ahu.unschedule_refresh();
select is_empty('select job_id from timescaledb_information.jobs', 'the job of the one goes');
select results_eq(
    'select jobname from cron.job', 'values (''another'')', 'and of the other, and nobody else''s'
);
select results_eq(
    'select distinct scheduler, job_id from ahu.freshness',
    'values (null::text, null::bigint)',
    'ahu.freshness shows none'
);
select is((select s.scheduled_by from _ahu.source as s), null, 'nor does the source');
set local role ahu_write;
select throws_ok('call ahu.unschedule_refresh()', '42501', null, 'the ETL removes no jobs');
reset role;

-- Whose job it is.
create role scheduling_dba;
create role other_dba;
grant ahu_owner to scheduling_dba, other_dba;
grant insert, delete on timescaledb_information.jobs to scheduling_dba, other_dba;
set local role scheduling_dba;
call ahu.schedule_refresh('6 minutes');
set local role other_dba;
select is(
    tap.error_of('call ahu.unschedule_refresh()'),
    array[
        '42501',
        'role "other_dba" may not remove the job of role "scheduling_dba"',
        'A job belongs to the role that called ahu.schedule_refresh.',
        'Connect as that role or as a superuser: call ahu.unschedule_refresh()'
    ],
    'who is no member of the role that scheduled it is told so'
);
reset role;
select results_eq(
    $$
        select
            s.scheduled_by,
            (select count(*) from timescaledb_information.jobs)
        from _ahu.source as s
    $$,
    'values (''scheduling_dba'', 1::bigint)',
    'and has removed nothing'
);
grant scheduling_dba to other_dba;
set local role other_dba;
call ahu.unschedule_refresh();
reset role;
select results_eq(
    $$
        select
            s.scheduled_by,
            (select count(*) from timescaledb_information.jobs)
        from _ahu.source as s
    $$,
    'values (null::text, 0::bigint)',
    'a member removes it, and then it is nobody''s'
);
revoke scheduling_dba from other_dba;
set local role scheduling_dba;
call ahu.schedule_refresh('6 minutes');
select lives_ok('call ahu.unschedule_refresh()', 'the role itself may');
call ahu.schedule_refresh('6 minutes');
reset role;
select lives_ok('call ahu.unschedule_refresh()', 'and a superuser');
update _ahu.source
set scheduled_by = 'a_role_that_is_gone';
set local role other_dba;
select lives_ok('call ahu.unschedule_refresh()', 'a role that is gone keeps nobody from it');
reset role;

select * from finish();
