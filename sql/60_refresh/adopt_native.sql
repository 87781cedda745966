-- On the way from the strategy native back to incremental: takes over what readers have seen, so
-- that the views go on from there while the backfill reads raw. A stored summary that has more
-- readings stays: retention took some.
create or replace procedure _ahu.adopt_native()
set search_path = pg_catalog, pg_temp
language plpgsql
as $adopt_native$
declare
    v_month record;
begin
    -- It may be there and never have been filled: then it cannot even be asked.
    if not exists (
        select
        from pg_class as c
        where c.oid = to_regclass('_ahu.daily_native')
            and c.relispopulated
    ) then
        return;
    end if;

    call _ahu.remember_turn();

    for v_month in execute $adopt$
        with adopted as (
            insert into _ahu.daily_rollup as d (
                day,
                ahu_id,
                readings,
                newest_reading,
                steam_cost,
                cold_water_cost,
                electricity_cost,
                hcv_kwh,
                dh_hcv_kwh,
                ccv_kwh,
                pc_ccv_kwh,
                electricity_kwh
            )
            select
                n.day,
                n.ahu_id,
                n.readings,
                n.newest_reading,
                n.steam_cost,
                n.cold_water_cost,
                n.electricity_cost,
                n.hcv_kwh,
                n.dh_hcv_kwh,
                n.ccv_kwh,
                n.pc_ccv_kwh,
                n.electricity_kwh
            from _ahu.daily_native as n
            on conflict (day, ahu_id) do update
            set
                readings = excluded.readings,
                newest_reading = excluded.newest_reading,
                steam_cost = excluded.steam_cost,
                cold_water_cost = excluded.cold_water_cost,
                electricity_cost = excluded.electricity_cost,
                hcv_kwh = excluded.hcv_kwh,
                dh_hcv_kwh = excluded.dh_hcv_kwh,
                ccv_kwh = excluded.ccv_kwh,
                pc_ccv_kwh = excluded.pc_ccv_kwh,
                electricity_kwh = excluded.electricity_kwh,
                raw_parts = null
            where d.readings <= excluded.readings
            returning d.day, d.ahu_id
        )
        select
            pg_catalog.date_trunc('month', a.day::timestamp)::date as month,
            pg_catalog.array_agg(distinct a.ahu_id) as ahu_ids
        from adopted as a
        group by 1
    $adopt$
    loop
        call _ahu.fold_month(v_month.month, v_month.ahu_ids);
    end loop;
end
$adopt_native$;

comment on procedure _ahu.adopt_native() is
    'Copies the native daily rollup, where there is one, into the tables of the strategy '
    'incremental, but for keys that have more readings there.';

revoke all on procedure _ahu.adopt_native() from public;
