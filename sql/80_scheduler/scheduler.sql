-- Which job scheduler this database has. TimescaleDB has one under its community licence alone.
create or replace function _ahu.scheduler()
returns text
stable
set search_path = pg_catalog, pg_temp
language sql
as $scheduler$
    select
        case
            when exists (select from pg_extension as e where e.extname = 'timescaledb')
                and current_setting('timescaledb.license', true) = 'timescale'
            then 'timescaledb'
            when exists (select from pg_extension as e where e.extname = 'pg_cron')
            then 'pg_cron'
        end
$scheduler$;

comment on function _ahu.scheduler() is
    'timescaledb, pg_cron, or null: this database has no job scheduler.';

revoke all on function _ahu.scheduler() from public;
