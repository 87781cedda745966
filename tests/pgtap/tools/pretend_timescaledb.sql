-- From here to the end of the test the database says that it has TimescaleDB: its catalogs, as far
-- as they are read, and its scheduler's functions, which do nothing but write down their job.
create procedure tap.pretend_timescaledb(version text, licence text)
language plpgsql
as $pretend_timescaledb$
begin
    call tap.pretend_extension('timescaledb', version);
    perform set_config('timescaledb.license', licence, true);

    create schema _timescaledb_catalog;
    create table _timescaledb_catalog.hypertable (schema_name name, table_name name);

    create schema timescaledb_information;
    create table timescaledb_information.jobs (
        job_id integer generated always as identity (start with 1000),
        proc_schema name,
        proc_name name,
        schedule_interval interval,
        config jsonb,
        initial_start timestamptz,
        check_name name,
        fixed_schedule boolean,
        scheduled boolean default true
    );
    create table timescaledb_information.job_stats (
        job_id integer,
        last_run_started_at timestamptz,
        next_start timestamptz
    );
    create table timescaledb_information.job_errors (
        job_id integer,
        start_time timestamptz,
        err_message text
    );

    grant usage on schema _timescaledb_catalog, timescaledb_information to public;
    grant select on all tables in schema _timescaledb_catalog, timescaledb_information to public;

    create function public.add_job(
        proc regproc,
        schedule_interval interval,
        config jsonb default null,
        initial_start timestamptz default null,
        check_config regproc default null,
        fixed_schedule boolean default true
    )
    returns integer
    language sql
    as $add_job$
        insert into timescaledb_information.jobs (
            proc_schema, proc_name, schedule_interval, config, initial_start, check_name,
            fixed_schedule
        )
        select
            p.pronamespace::regnamespace::name,
            p.proname,
            add_job.schedule_interval,
            add_job.config,
            add_job.initial_start,
            (select c.proname from pg_proc as c where c.oid = add_job.check_config),
            add_job.fixed_schedule
        from pg_proc as p
        where p.oid = add_job.proc
        returning job_id
    $add_job$;

    create function public.alter_job(
        integer,
        schedule_interval interval default null,
        scheduled boolean default null,
        next_start timestamptz default null
    )
    returns table (job_id integer, is_altered boolean)
    language plpgsql
    as $alter_job$
    #variable_conflict use_column
    begin
        update timescaledb_information.jobs as j
        set schedule_interval = coalesce(alter_job.schedule_interval, j.schedule_interval),
            scheduled = coalesce(alter_job.scheduled, j.scheduled)
        where j.job_id = $1;
        delete from timescaledb_information.job_stats as s
        where s.job_id = $1;
        insert into timescaledb_information.job_stats (job_id, next_start)
        values ($1, alter_job.next_start);
        return query select $1, true;
    end
    $alter_job$;

    create function public.delete_job(job_id integer)
    returns void
    language sql
    as 'delete from timescaledb_information.jobs as j where j.job_id = $1';
end
$pretend_timescaledb$;
