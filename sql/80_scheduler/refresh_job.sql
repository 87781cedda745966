-- What TimescaleDB's scheduler calls. Never waits: a refresh that is running does the work.
create or replace procedure _ahu.refresh_job(job_id integer, config jsonb)
set search_path = pg_catalog, pg_temp
language plpgsql
as $refresh_job$
begin
    execute 'call ahu.refresh_dashboard_views(wait_for => ''0'', max_days => $1)'
    using (config ->> 'max_days')::integer;
end
$refresh_job$;

comment on procedure _ahu.refresh_job(integer, jsonb) is
    'Job of TimescaleDB''s scheduler: refreshes, or skips while another refresh runs. config: '
    'max_days, how many days one run folds at most (absent: all).';

revoke all on procedure _ahu.refresh_job(integer, jsonb) from public;
