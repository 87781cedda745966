-- Back end pg_cron: the job goes, and the right to see it. Whoever may not remove it is told so:
-- the policy, which everybody may look up, says that there is one.
create or replace procedure _ahu.pg_cron_unschedule()
set search_path = pg_catalog, pg_temp
language plpgsql
as $pg_cron_unschedule$
declare
    v_owner oid;
    v_job_id bigint;
begin
    select
        c.relowner
    into v_owner
    from pg_policy as p
    join pg_class as c
        on c.oid = p.polrelid
    join pg_namespace as n
        on n.oid = c.relnamespace
    where p.polname = 'ahu_owner_sees_its_job'
        and n.nspname = 'cron'
        and c.relname = 'job';

    if not pg_has_role(v_owner, 'usage') then
        raise exception 'role "%" may not remove the job of pg_cron', current_user
            using
                errcode = 'insufficient_privilege',
                detail = format('pg_cron belongs to %s.', v_owner::regrole),
                hint = 'Connect as that role or as a superuser: call ahu.unschedule_refresh()';
    end if;

    if _ahu.extension_version('pg_cron') is null
        or not has_schema_privilege('cron', 'usage')
    then
        return;
    end if;

    for v_job_id in execute $query$
        select
            j.jobid
        from cron.job as j
        where j.jobname = 'ahu-sql refresh'
            and j.command = _ahu.pg_cron_command()
            and j.database = pg_catalog.current_database()
    $query$
    loop
        execute 'select cron.unschedule($1)'
        using v_job_id;
    end loop;

    if v_owner is not null then
        execute 'drop policy ahu_owner_sees_its_job on cron.job_run_details';
        execute 'drop policy ahu_owner_sees_its_job on cron.job';
        execute 'revoke select on cron.job, cron.job_run_details from ahu_owner';
        execute 'revoke usage on schema cron from ahu_owner';
    end if;
end
$pg_cron_unschedule$;

comment on procedure _ahu.pg_cron_unschedule() is
    'Removes our job of pg_cron and what let ahu_owner see it; does nothing where there is none. '
    'Error 42501: another role must do it.';

revoke all on procedure _ahu.pg_cron_unschedule() from public;
