-- The job, whichever scheduler has it: for ahu.freshness, whose readers have no right on the
-- schedulers' tables.
create or replace function _ahu.current_job()
returns table (
    scheduler text,
    job_id bigint,
    schedule text,
    last_run timestamptz,
    next_run timestamptz,
    last_error text,
    last_error_at timestamptz
)
stable
-- Whoever reads ahu.freshness may see it.
security definer
set search_path = pg_catalog, pg_temp
language plpgsql
as $current_job$
begin
    return query
    select
        'timescaledb',
        j.job_id,
        j.schedule,
        j.last_run,
        j.next_run,
        j.last_error,
        j.last_error_at
    from _ahu.timescaledb_job() as j
    union all
    select
        'pg_cron',
        j.job_id,
        j.schedule,
        j.last_run,
        j.next_run,
        j.last_error,
        j.last_error_at
    from _ahu.pg_cron_job() as j
    limit 1;
exception
    -- Another version of a scheduler may have other catalogs: then the job is not shown, but how
    -- fresh the views are is.
    when insufficient_privilege or undefined_table or undefined_column or undefined_function then
        return;
end
$current_job$;

comment on function _ahu.current_job() is
    'The job that refreshes, by whichever scheduler; no row: none, or the scheduler does not '
    'show it.';

revoke all on function _ahu.current_job() from public;
grant execute on function _ahu.current_job() to ahu_read, pg_monitor;
