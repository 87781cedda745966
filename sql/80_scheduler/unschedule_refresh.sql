-- Removes the job, of whichever scheduler, and all that it needed.
create or replace procedure ahu.unschedule_refresh()
set search_path = pg_catalog, pg_temp
language plpgsql
as $unschedule_refresh$
declare
    v_scheduled_by text;
begin
    select
        s.scheduled_by
    into v_scheduled_by
    from _ahu.source as s
    for update;

    -- A scheduler would not even show it the job.
    if exists (
        select
        from pg_roles as r
        where r.rolname = v_scheduled_by
            and not pg_has_role(r.oid, 'usage')
    ) then
        raise exception 'role "%" may not remove the job of role "%"', current_user, v_scheduled_by
            using
                errcode = 'insufficient_privilege',
                detail = 'A job belongs to the role that called ahu.schedule_refresh.',
                hint = 'Connect as that role or as a superuser: call ahu.unschedule_refresh()';
    end if;

    call _ahu.timescaledb_unschedule();
    call _ahu.pg_cron_unschedule();

    update _ahu.source as s
    set scheduled_by = null
    where s.scheduled_by is not null;
end
$unschedule_refresh$;

comment on procedure ahu.unschedule_refresh() is
    'Removes the job that ahu.schedule_refresh made; does nothing where there is none. Error '
    '42501: it is another role''s.';

revoke all on procedure ahu.unschedule_refresh() from public;
