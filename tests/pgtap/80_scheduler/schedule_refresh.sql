-- To have the refresh called: by the scheduler that is here, or an error that says what to do.
-- Schedulers are pretended, by tap.pretend_timescaledb and tap.pretend_pg_cron.
select plan(25);

-- What it answers: the scheduler and the number of the job.
create function pg_temp.schedule(every interval)
returns text
language plpgsql
as $schedule$
declare
    v_scheduler text := 'passed in';
    v_job_id bigint := 77;
begin
    call ahu.schedule_refresh(every, v_scheduler, v_job_id);
    return concat_ws(' ', v_scheduler, v_job_id);
end
$schedule$;

select is(
    tap.error_of('call ahu.schedule_refresh(' || c.argument || ')'),
    array[
        '22023',
        'every must be an interval of one second or more',
        'every is ' || c.shown || '.',
        'Pass how long to wait from one refresh to the next: '
            'call ahu.schedule_refresh(''6 minutes'')'
    ],
    'refused: ' || c.argument
)
from (
    values
        ('null', 'null'),
        ('''0''', '00:00:00'),
        ('''-6 minutes''', '-00:06:00'),
        ('''0.999999 seconds''', '00:00:00.999999')
) as c (argument, shown);
select is(
    tap.error_of('call ahu.schedule_refresh(''6 minutes'')'),
    array[
        '0A000',
        'this database has no job scheduler',
        'Neither TimescaleDB nor pg_cron is here.',
        'Have the ETL call it as its last step: call ahu.refresh_dashboard_views(). Or get a '
            'scheduler: create extension pg_cron, or TimescaleDB under its community licence.'
    ],
    'without a scheduler it says what else to do'
);
call tap.pretend_timescaledb('2.19.3', 'apache');
select is(
    (tap.error_of('call ahu.schedule_refresh(''6 minutes'')'))[1:3],
    array[
        '0A000',
        'this database has no job scheduler',
        'TimescaleDB 2.19.3 is here under the licence "apache", which has no jobs; pg_cron is not '
            'here.'
    ],
    'under the licence without jobs too'
);

call tap.pretend_pg_cron('1.4');
create function pg_temp.holds_source()
returns boolean
language sql
as 'select pg_current_xact_id()::xid in (s.xmin, s.xmax) from _ahu.source as s';
select ok(not pg_temp.holds_source(), 'so far nothing is locked');
select is(pg_temp.schedule('6 minutes'), 'pg_cron 1', 'with pg_cron it makes a job there');
select ok(
    pg_temp.holds_source(),
    'and holds our row in _ahu.source, so that two callers at once make one job'
);
select is(
    (select s.scheduled_by from _ahu.source as s),
    current_user::text,
    'which remembers whose job it is'
);
select is(
    (tap.error_of('call ahu.schedule_refresh(''7 minutes'')'))[1:2],
    array['22023', 'pg_cron cannot run a job every 00:07:00'],
    'pg_cron goes by the clock'
);
select is(
    (select j.schedule from cron.job as j),
    '*/6 * * * *',
    'and the job stays as it was when the new interval is refused'
);
create role the_first;
update _ahu.source
set scheduled_by = 'the_first';
select is(pg_temp.schedule('1 hour'), 'pg_cron 1', 'called again it is the same job');
select is(
    (select s.scheduled_by from _ahu.source as s),
    'the_first',
    'of the role that made it, whoever changes it'
);
select results_eq(
    'select distinct scheduler, job_id, job_schedule from ahu.freshness',
    'values (''pg_cron'', 1::bigint, ''0 * * * *'')',
    'ahu.freshness shows it'
);

-- The other licence, later.
set local timescaledb.license = 'timescale';
select is(
    pg_temp.schedule('7 minutes'), 'timescaledb 1000', 'with TimescaleDB''s jobs it makes one there'
);
select is_empty('select jobid from cron.job', 'and the one of pg_cron is removed');
select results_eq(
    'select distinct scheduler, job_id, job_schedule from ahu.freshness',
    'values (''timescaledb'', 1000::bigint, ''every 00:07:00'')',
    'ahu.freshness shows it'
);
select is(pg_temp.schedule('1 second'), 'timescaledb 1000', 'a second is not too short');
select is(
    (select count(*) from timescaledb_information.jobs),
    1::bigint,
    'there is one job'
);
call ahu.unschedule_refresh();
select is_empty('select job_id from timescaledb_information.jobs', 'until it is unscheduled');
select is((select s.scheduled_by from _ahu.source as s), null, 'and then is nobody''s');

-- Who may.
set local role ahu_write;
select throws_ok(
    'call ahu.schedule_refresh(''6 minutes'')', '42501', null, 'the ETL makes no jobs'
);
reset role;
set local role ahu_read;
select throws_ok(
    'call ahu.schedule_refresh(''6 minutes'')', '42501', null, 'dashboards make none'
);
reset role;

select results_eq(
    'select count(*), count(backfill_marked_at) from _ahu.source',
    'values (1::bigint, 1::bigint)',
    'nothing else of it all is written into the source'
);

select * from finish();
