-- What our job of pg_cron runs. A job is ours by its name and by this: anybody may give a job the
-- name.
create or replace function _ahu.pg_cron_command()
returns text
immutable
parallel safe
set search_path = pg_catalog, pg_temp
language sql
as $pg_cron_command$
    select 'call ahu.refresh_dashboard_views(wait_for => ''0'')'
$pg_cron_command$;

comment on function _ahu.pg_cron_command() is
    'The command of our job of pg_cron: a refresh that skips while another one runs.';

revoke all on function _ahu.pg_cron_command() from public;
