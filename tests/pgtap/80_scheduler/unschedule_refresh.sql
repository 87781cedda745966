-- The job goes, of whichever scheduler; they are pretended, by tap.pretend_timescaledb and
-- tap.pretend_pg_cron.
select plan(6);

select lives_ok('call ahu.unschedule_refresh()', 'without a scheduler there is nothing to do');
call tap.pretend_timescaledb('2.19.3', 'timescale');
call tap.pretend_pg_cron('1.6');
select lives_ok('call ahu.unschedule_refresh()', 'nor is there without a job');

-- A job each, as after a change of licence by hand.
call ahu.schedule_refresh('6 minutes');
insert into cron.job (jobname, schedule, database)
values
    ('ahu-sql refresh', '* * * * *', current_database()),
    ('another', '* * * * *', current_database());
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
set local role ahu_write;
select throws_ok('call ahu.unschedule_refresh()', '42501', null, 'the ETL removes no jobs');
reset role;

select * from finish();
