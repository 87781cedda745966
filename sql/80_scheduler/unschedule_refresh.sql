-- Removes the job, of whichever scheduler, and all that it needed.
create or replace procedure ahu.unschedule_refresh()
set search_path = pg_catalog, pg_temp
language plpgsql
as $unschedule_refresh$
begin
    perform
    from _ahu.source as s
    for update;

    call _ahu.timescaledb_unschedule();
    call _ahu.pg_cron_unschedule();
end
$unschedule_refresh$;

comment on procedure ahu.unschedule_refresh() is
    'Removes the job that ahu.schedule_refresh made; does nothing where there is none.';

revoke all on procedure ahu.unschedule_refresh() from public;
