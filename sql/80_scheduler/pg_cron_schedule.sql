-- Back end pg_cron: one job, found again by its name. pg_cron shows a job to its own role only; so
-- that ahu.freshness can show it, ahu_owner gets the right to read just this job, where the caller
-- may give it.
create or replace procedure _ahu.pg_cron_schedule(in every interval, inout job_id bigint)
set search_path = pg_catalog, pg_temp
language plpgsql
as $pg_cron_schedule$
declare
    v_expression text := _ahu.pg_cron_expression(every);
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

    job_id := (select j.job_id from _ahu.pg_cron_job() as j);
    if job_id is null then
        execute $query$
            select
                cron.schedule(
                    'ahu-sql refresh',
                    $1,
                    'call ahu.refresh_dashboard_views(wait_for => ''0'')'
                )
        $query$
        into job_id
        using v_expression;
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
