-- Back end TimescaleDB: the job goes, whatever the licence has become.
create or replace procedure _ahu.timescaledb_unschedule()
set search_path = pg_catalog, pg_temp
language plpgsql
as $timescaledb_unschedule$
declare
    v_schema name;
    v_job_id integer;
begin
    if _ahu.extension_version('timescaledb') is null then
        return;
    end if;

    select
        n.nspname
    into v_schema
    from pg_extension as e
    join pg_namespace as n
        on n.oid = e.extnamespace
    where e.extname = 'timescaledb';

    for v_job_id in execute $query$
        select
            j.job_id
        from timescaledb_information.jobs as j
        where j.proc_schema = '_ahu'
    $query$
    loop
        execute format('select %I.delete_job($1)', v_schema)
        using v_job_id;
    end loop;
end
$timescaledb_unschedule$;

comment on procedure _ahu.timescaledb_unschedule() is
    'Deletes our job of TimescaleDB''s scheduler; does nothing where there is none.';

revoke all on procedure _ahu.timescaledb_unschedule() from public;
