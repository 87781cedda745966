-- Back end pg_cron: one job, found again by its name and command. pg_cron shows a job to its own
-- role only; so that ahu.freshness can show it, ahu_owner gets the right to read just this job,
-- where the caller may give it.
create or replace procedure _ahu.pg_cron_schedule(in every interval, inout job_id bigint)
set search_path = pg_catalog, pg_temp
language plpgsql
as $pg_cron_schedule$
declare
    v_expression text := _ahu.pg_cron_expression(every);
    v_username text;
begin
    if (
        select
            pg_has_role(c.relowner, 'usage')
        from pg_class as c
        where c.oid = 'cron.job'::regclass
    ) then
        call _ahu.pg_cron_unveil();
    else
        raise notice 'ahu.freshness will not show the job: only an owner of pg_cron may allow that';
    end if;

    execute $query$
        select
            j.jobid,
            j.username
        from cron.job as j
        where j.jobname = 'ahu-sql refresh'
            and j.command = _ahu.pg_cron_command()
            and j.database = pg_catalog.current_database()
        order by j.jobid
        limit 1
    $query$
    into job_id, v_username;

    -- Where the caller has a job of that name this changes it, and keeps its number.
    if coalesce(v_username, current_user) = current_user then
        execute 'select cron.schedule(''ahu-sql refresh'', $1, $2)'
        into job_id
        using
            v_expression,
            _ahu.pg_cron_command();
    else
        execute 'select cron.alter_job($1, schedule => $2)'
        using
            job_id,
            v_expression;
    end if;
end
$pg_cron_schedule$;

comment on procedure _ahu.pg_cron_schedule(interval, bigint) is
    'Makes the job of pg_cron, or changes its schedule; answers with its number.';

revoke all on procedure _ahu.pg_cron_schedule(interval, bigint) from public;
