-- Back end TimescaleDB: what its scheduler says of our job.
create or replace function _ahu.timescaledb_job()
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
as $timescaledb_job$
begin
    if _ahu.extension_version('timescaledb') is null then
        return;
    end if;

    return query execute $query$
        select
            j.job_id::bigint,
            'every ' || j.schedule_interval::text,
            nullif(s.last_run_started_at, '-infinity'),
            nullif(s.next_start, '-infinity'),
            e.err_message,
            e.start_time
        from timescaledb_information.jobs as j
        left join timescaledb_information.job_stats as s
            on s.job_id = j.job_id
        left join lateral (
            select
                x.err_message,
                x.start_time
            from timescaledb_information.job_errors as x
            where x.job_id = j.job_id
            order by x.start_time desc
            limit 1
        ) as e
            on true
        where j.proc_schema = '_ahu'
            and j.proc_name = 'refresh_job'
    $query$;
end
$timescaledb_job$;

comment on function _ahu.timescaledb_job() is
    'Our job of TimescaleDB''s scheduler: number, interval, last and next run, last error.';

revoke all on function _ahu.timescaledb_job() from public;
