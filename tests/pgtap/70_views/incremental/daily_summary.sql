-- The daily rollup in force, by the strategy incremental: the table.
select plan(4);

select is(
    (
        select
            string_agg(a.attname, ', ' order by a.attnum)
        from pg_attribute as a
        where a.attrelid = '_ahu.daily_summary'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'day, ahu_id, readings, newest_reading, steam_cost, cold_water_cost, electricity_cost, '
    'total_cost, hcv_kwh, dh_hcv_kwh, ccv_kwh, pc_ccv_kwh, electricity_kwh',
    'its columns are these, in this order'
);
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_kwh, dh_hcv_steam_kwh, ccv_cold_water_kwh, pc_ccv_cold_water_kwh,
    sf_electricity_kwh, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw
)
values ('2024-03-01 12:00+09', 'AHU01', 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8);
call ahu.refresh_dashboard_views();
select results_eq(
    'select * from _ahu.daily_summary',
    $$
        values (
            '2024-03-01'::date, 'AHU01', 1::bigint, '2024-03-01 12:00+09'::timestamptz, 0.6, 0.7,
            0.8, 2.1, 0.1, 0.2, 0.3, 0.4, 0.5
        )
    $$,
    'each column has its own measure'
);
select set_eq(
    $$
        select
            day, ahu_id, readings, newest_reading, steam_cost, cold_water_cost, electricity_cost,
            total_cost, hcv_kwh, dh_hcv_kwh, ccv_kwh, pc_ccv_kwh, electricity_kwh
        from _ahu.daily_rollup
    $$,
    'select * from _ahu.daily_summary',
    'it is what the refresh has stored'
);
select is_empty(
    $$
        select
            c.relname
        from pg_class as c
        where c.relnamespace = '_ahu'::regnamespace
            and c.relkind = 'm'
    $$,
    'there are no materialized views'
);

select * from finish();
