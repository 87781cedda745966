-- Has the refresh called by a job scheduler, as the role that calls this. Called again it changes
-- the interval of the same job. Locks: our row in _ahu.source, so that two callers make one job.
create or replace procedure ahu.schedule_refresh(
    every interval,
    inout scheduler text default null,
    inout job_id bigint default null
)
set search_path = pg_catalog, pg_temp
language plpgsql
as $schedule_refresh$
begin
    if every is null or every < interval '1 second' then
        raise exception 'every must be an interval of one second or more'
            using
                errcode = 'invalid_parameter_value',
                detail = format('every is %s.', coalesce(every::text, 'null')),
                hint = 'Pass how long to wait from one refresh to the next: '
                    'call ahu.schedule_refresh(''6 minutes'')';
    end if;

    scheduler := _ahu.scheduler();
    if scheduler is null then
        raise exception 'this database has no job scheduler'
            using
                errcode = 'feature_not_supported',
                detail = coalesce(
                    (
                        select
                            format(
                                'TimescaleDB %s is here under the licence "%s", which has no jobs; '
                                    'pg_cron is not here.',
                                e.extversion,
                                current_setting('timescaledb.license', true)
                            )
                        from pg_extension as e
                        where e.extname = 'timescaledb'
                    ),
                    'Neither TimescaleDB nor pg_cron is here.'
                ),
                hint = 'Have the ETL call it as its last step: call ahu.refresh_dashboard_views(). '
                    'Or get a scheduler: create extension pg_cron, or TimescaleDB under its '
                    'community licence.';
    end if;

    perform
    from _ahu.source as s
    for update;

    update _ahu.source as s
    set scheduled_by = coalesce(
        (select r.rolname from pg_roles as r where r.rolname = s.scheduled_by),
        current_user
    );

    if scheduler = 'timescaledb' then
        call _ahu.pg_cron_unschedule();
        call _ahu.timescaledb_schedule(every, job_id);
    else
        call _ahu.pg_cron_schedule(every, job_id);
    end if;
end
$schedule_refresh$;

comment on procedure ahu.schedule_refresh(interval, text, bigint) is
    'Has a job scheduler (TimescaleDB''s, else pg_cron) refresh the views, as the calling role; a '
    'run that meets another refresh skips. Called again, it changes the interval of the same job. '
    'every: how long from one refresh to the next, one second or more. scheduler: timescaledb or '
    'pg_cron. job_id: number of the job there. Error 0A000: there is no scheduler; 22023: every is '
    'null or too short, or the scheduler cannot do that interval; 42501: the job there is another '
    'role''s.';

revoke all on procedure ahu.schedule_refresh(interval, text, bigint) from public;
