-- Fills the rollups of the strategy native that were never filled, as far as ahu_owner may read the
-- raw table. Called while they are built, when an installed site is switched, and by 90_finish once
-- the grants are there.
create or replace procedure _ahu.fill_native()
set search_path = pg_catalog, pg_temp
language plpgsql
as $fill_native$
declare
    v_site record;
    v_rollup record;
begin
    select
        s.table_schema,
        s.table_name
    into v_site
    from _ahu.site() as s;

    if not has_schema_privilege('ahu_owner', v_site.table_schema, 'usage')
        or not has_table_privilege(
            'ahu_owner', format('%I.%I', v_site.table_schema, v_site.table_name), 'select'
        )
    then
        return;
    end if;

    for v_rollup in
        select
            c.oid::regclass as name
        from pg_class as c
        where c.relnamespace = '_ahu'::regnamespace
            and c.relname in ('daily_native', 'monthly_native')
            and not c.relispopulated
        -- The monthly one is summed up from the daily one.
        order by c.relname
    loop
        call _ahu.remember_turn();
        call _ahu.hold_readings(null, null);
        execute format('refresh materialized view %s', v_rollup.name);
    end loop;
end
$fill_native$;

comment on procedure _ahu.fill_native() is
    'Fills the materialized views of the strategy native that are empty; does nothing while '
    'ahu_owner may not read the raw table.';

revoke all on procedure _ahu.fill_native() from public;
