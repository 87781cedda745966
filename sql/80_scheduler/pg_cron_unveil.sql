-- Lets ahu_owner read our job of pg_cron and its runs, and no other. Given back by
-- _ahu.pg_cron_unschedule.
create or replace procedure _ahu.pg_cron_unveil()
set search_path = pg_catalog, pg_temp
language plpgsql
as $pg_cron_unveil$
begin
    execute 'grant usage on schema cron to ahu_owner';
    execute 'grant select on cron.job, cron.job_run_details to ahu_owner';

    if not exists (
        select
        from pg_policy as p
        where p.polrelid = 'cron.job'::regclass
            and p.polname = 'ahu_owner_sees_its_job'
    ) then
        execute format(
            $policy$
                create policy ahu_owner_sees_its_job on cron.job
                for select to ahu_owner
                using (jobname = 'ahu-sql refresh' and command = %L)
            $policy$,
            _ahu.pg_cron_command()
        );
        execute $policy$
            create policy ahu_owner_sees_its_job on cron.job_run_details
            for select to ahu_owner
            using (jobid in (select j.jobid from cron.job as j where j.jobname = 'ahu-sql refresh'))
        $policy$;
    end if;
end
$pg_cron_unveil$;

comment on procedure _ahu.pg_cron_unveil() is
    'Allows ahu_owner to read our job of pg_cron and its runs; wants an owner of pg_cron''s '
    'tables.';

revoke all on procedure _ahu.pg_cron_unveil() from public;
