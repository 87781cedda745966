-- What the specs may call, and what isolationtester asks; for a test's database alone.
drop schema if exists isolation cascade;
create schema isolation;


-- Readings that retention took, for the oracle: their summaries stay.
create table isolation.taken (like ahu_data.energy_readings);


-- What a dashboard sees: the sum of each of the three views, which must be the same, because each
-- reading of the specs costs as much as it has kWh. In a transaction that keeps one snapshot it
-- must be the same at each look.
create function isolation.look()
returns numeric
set search_path = pg_catalog, pg_temp
language plpgsql
as $look$
declare
    v_days numeric;
    v_kwh numeric;
    v_months numeric;
    v_before text := nullif(current_setting('isolation.seen', true), '');
begin
    select
        (select sum(d.total_cost) from ahu.mv_daily_ahu_costs as d),
        (select sum(k.electricity_kwh) from ahu.mv_daily_ahu_kwh as k),
        (select sum(m.total_cost) from ahu.mv_monthly_ahu_costs as m)
    into v_days, v_kwh, v_months;

    if v_days is distinct from v_kwh or v_days is distinct from v_months then
        raise exception 'the views have moved apart'
            using detail = format('days %s, kWh %s, months %s', v_days, v_kwh, v_months);
    end if;

    if current_setting('transaction_isolation') <> 'read committed' then
        if v_before <> v_days::text then
            raise exception 'a snapshot has changed from % to %', v_before, v_days;
        end if;
        perform set_config('isolation.seen', v_days::text, true);
    end if;

    return v_days;
end
$look$;


-- The installer as a step: asks the test's process for `ahu-sql install` (with settings) or
-- `ahu-sql uninstall`, and waits for its end.
create table isolation.errand (
    session integer primary key,
    errand text not null,
    is_done boolean not null default false,
    error text
);

create procedure isolation.ahu_sql(errand text)
language plpgsql
as $ahu_sql$
declare
    v_done record;
begin
    insert into isolation.errand (session, errand)
    values (pg_catalog.pg_backend_pid(), ahu_sql.errand);
    perform pg_catalog.pg_notify('errands', pg_catalog.pg_backend_pid()::text);
    commit;

    loop
        select
            e.is_done,
            e.error
        into v_done
        from isolation.errand as e
        where e.session = pg_catalog.pg_backend_pid();
        exit when v_done.is_done;
        commit;
        perform pg_catalog.pg_sleep(0.003);
    end loop;

    delete from isolation.errand as e
    where e.session = pg_catalog.pg_backend_pid();
    commit;
    if v_done.error is not null then
        raise exception '%', v_done.error;
    end if;
end
$ahu_sql$;


-- isolationtester knows the backends of its own sessions. The installer's is none of them: here it
-- counts as the one of the session that asked for it. (Citus puts a function of its own in this
-- place as well.)
do $rename$
begin
    if pg_catalog.to_regproc('pg_catalog.is_blocked_by_sessions') is null then
        alter function pg_catalog.pg_isolation_test_session_is_blocked(integer, integer[])
            rename to is_blocked_by_sessions;
    end if;
end
$rename$;

create or replace function pg_catalog.pg_isolation_test_session_is_blocked(
    session integer,
    sessions integer[]
)
returns boolean
language sql
as $is_blocked$
    with installer as (
        select
            a.pid,
            pg_catalog.split_part(a.application_name, ' for ', 2) as asked_by
        from pg_catalog.pg_stat_activity as a
        where a.datname = pg_catalog.current_database()
            and a.application_name like 'ahu-sql for %'
    )
    select
        pg_catalog.bool_or(
            pg_catalog.is_blocked_by_sessions(
                b.pid, sessions || array(select i.pid from installer as i)
            )
        )
    from (
        select session as pid
        union all
        select i.pid from installer as i where i.asked_by = session::text
    ) as b
$is_blocked$;


-- Ends each permutation, while its sessions are still there. A backend that was terminated may take
-- a moment.
create procedure isolation.nothing_is_left()
language plpgsql
as $nothing_is_left$
declare
    v_left text;
begin
    for v_try in 1..500
    loop
        perform pg_catalog.pg_stat_clear_snapshot();

        select
            pg_catalog.string_agg(
                pg_catalog.format(
                    '%s, %s: %s', a.application_name, a.state, coalesce(l.mode, 'no lock')
                ),
                '; '
            )
        into v_left
        from pg_catalog.pg_stat_activity as a
        left join pg_catalog.pg_locks as l
            on l.pid = a.pid
            and l.locktype <> 'virtualxid'
        where a.datname = pg_catalog.current_database()
            and a.pid <> pg_catalog.pg_backend_pid()
            and a.backend_type = 'client backend'
            and (l.pid is not null or a.state <> 'idle');

        exit when v_left is null;
        perform pg_catalog.pg_sleep(0.01);
    end loop;

    if v_left is not null then
        raise exception 'something is left: %', v_left;
    end if;
end
$nothing_is_left$;
