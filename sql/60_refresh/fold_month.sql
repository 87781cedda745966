-- Sums up some AHUs' month again from the daily rollup. Called by ahu.refresh_dashboard_views after
-- _ahu.fold_days, in a statement of its own so that it sees the days just written.
create or replace procedure _ahu.fold_month(month date, ahu_ids text[])
set search_path = pg_catalog, pg_temp
language plpgsql
as $fold_month$
#variable_conflict use_column
begin
    with fresh as (
        select
            d.ahu_id,
            sum(d.readings)::bigint as readings,
            sum(d.steam_cost) as steam_cost,
            sum(d.cold_water_cost) as cold_water_cost,
            sum(d.electricity_cost) as electricity_cost
        from _ahu.daily_rollup as d
        where d.ahu_id = any (fold_month.ahu_ids)
            and d.day >= fold_month.month
            and d.day < (fold_month.month + interval '1 month')::date
        group by d.ahu_id
    ),
    emptied as (
        delete from _ahu.monthly_rollup as m
        where m.month = fold_month.month
            and m.ahu_id = any (fold_month.ahu_ids)
            and not exists (
                select from fresh as f where f.ahu_id = m.ahu_id
            )
    )
    insert into _ahu.monthly_rollup as m (
        month,
        ahu_id,
        readings,
        steam_cost,
        cold_water_cost,
        electricity_cost
    )
    select
        fold_month.month,
        f.ahu_id,
        f.readings,
        f.steam_cost,
        f.cold_water_cost,
        f.electricity_cost
    from fresh as f
    on conflict (month, ahu_id) do update
    set
        readings = excluded.readings,
        steam_cost = excluded.steam_cost,
        cold_water_cost = excluded.cold_water_cost,
        electricity_cost = excluded.electricity_cost
    where (
        m.readings,
        m.steam_cost,
        m.cold_water_cost,
        m.electricity_cost
    ) is distinct from (
        excluded.readings,
        excluded.steam_cost,
        excluded.cold_water_cost,
        excluded.electricity_cost
    );
end
$fold_month$;

comment on procedure _ahu.fold_month(date, text[]) is
    'Sums up the month that begins on the given day, for the given AHUs, from the daily rollup.';

revoke all on procedure _ahu.fold_month(date, text[]) from public;
