-- Back end pg_cron: what it says of our job. It keeps no time of the next run: that follows from
-- the expressions that _ahu.pg_cron_expression writes, which all go by the full minute, hour or
-- day.
create or replace function _ahu.pg_cron_job()
returns table (
    job_id bigint,
    schedule text,
    last_run timestamptz,
    next_run timestamptz,
    last_error text,
    last_error_at timestamptz
)
stable
set search_path = pg_catalog, pg_temp
language plpgsql
as $pg_cron_job$
begin
    if _ahu.extension_version('pg_cron') is null
        or not has_schema_privilege('cron', 'usage')
        or not has_table_privilege('cron.job', 'select')
        or not has_table_privilege('cron.job_run_details', 'select')
    then
        return;
    end if;

    return query execute $query$
        select
            j.jobid,
            j.schedule,
            r.start_time,
            case
                when e.step is null or not j.active then null
                when e.step < interval '1 minute' then r.start_time + e.step
                else pg_catalog.date_bin(
                    e.step, pg_catalog.now(), '2000-01-01 00:00+00'
                ) + e.step
            end,
            f.return_message,
            f.start_time
        from cron.job as j
        left join lateral (
            select
                d.start_time
            from cron.job_run_details as d
            where d.jobid = j.jobid
                and d.start_time is not null
            order by d.start_time desc
            limit 1
        ) as r
            on true
        left join lateral (
            select
                d.return_message,
                coalesce(d.start_time, d.end_time) as start_time
            from cron.job_run_details as d
            where d.jobid = j.jobid
                and d.status = 'failed'
            order by d.runid desc
            limit 1
        ) as f
            on true
        cross join lateral (
            select
                case
                    when j.schedule ~ '^[0-9]+ seconds$' then j.schedule::interval
                    when j.schedule = '* * * * *' then interval '1 minute'
                    when j.schedule ~ '^\*/[0-9]+ \* \* \* \*$'
                    then pg_catalog.substring(j.schedule, '[0-9]+')::integer * interval '1 minute'
                    when j.schedule = '0 * * * *' then interval '1 hour'
                    when j.schedule ~ '^0 \*/[0-9]+ \* \* \*$'
                    then pg_catalog.substring(j.schedule, '/([0-9]+)')::integer
                        * interval '1 hour'
                    when j.schedule = '0 0 * * *' then interval '1 day'
                end as step
        ) as e
        where j.jobname = 'ahu-sql refresh'
            and j.command = _ahu.pg_cron_command()
            and j.database = pg_catalog.current_database()
        order by j.jobid
        limit 1
    $query$;
end
$pg_cron_job$;

comment on function _ahu.pg_cron_job() is
    'Our job of pg_cron: number, schedule, last and next run (null: another schedule than ours), '
    'last error.';

revoke all on function _ahu.pg_cron_job() from public;
