-- Back end TimescaleDB: one job, found again by the procedure it calls.
create or replace procedure _ahu.timescaledb_schedule(in every interval, inout job_id bigint)
set search_path = pg_catalog, pg_temp
language plpgsql
as $timescaledb_schedule$
declare
    v_schema name;
begin
    select
        n.nspname
    into v_schema
    from pg_extension as e
    join pg_namespace as n
        on n.oid = e.extnamespace
    where e.extname = 'timescaledb';

    execute $query$
        select
            j.job_id
        from timescaledb_information.jobs as j
        where j.proc_schema = '_ahu'
            and j.proc_name = 'refresh_job'
    $query$
    into job_id;

    if job_id is null then
        execute format(
            $query$
                select
                    %I.add_job(
                        '_ahu.refresh_job',
                        $1,
                        config => '{}',
                        initial_start => pg_catalog.now(),
                        check_config => '_ahu.check_refresh_job',
                        fixed_schedule => false
                    )
            $query$,
            v_schema
        )
        into job_id
        using every;
    else
        -- The next run is counted from now: it may have been set for much later.
        execute format(
            'select j.job_id from %I.alter_job('
                '$1, schedule_interval => $2, next_start => pg_catalog.now() + $2, '
                'scheduled => true) as j',
            v_schema
        )
        into job_id
        using
            job_id::integer,
            every;
    end if;
end
$timescaledb_schedule$;

comment on procedure _ahu.timescaledb_schedule(interval, bigint) is
    'Makes the job of TimescaleDB''s scheduler, or changes its interval; answers with its number.';

revoke all on procedure _ahu.timescaledb_schedule(interval, bigint) from public;
