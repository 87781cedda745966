-- The monthly rollup in force, by the strategy incremental: the table.
select plan(2);

select is(
    (
        select
            string_agg(a.attname, ', ' order by a.attnum)
        from pg_attribute as a
        where a.attrelid = '_ahu.monthly_summary'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'month, ahu_id, readings, steam_cost, cold_water_cost, electricity_cost, total_cost',
    'its columns are these, in this order'
);
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw
)
values
    ('2024-03-01 12:00+09', 'AHU01', 0.1, 0.2, 0.4),
    ('2024-03-31 12:00+09', 'AHU01', 1, 2, 4);
call ahu.refresh_dashboard_views();
select results_eq(
    'select * from _ahu.monthly_summary',
    $$values ('2024-03-01'::date, 'AHU01', 2::bigint, 1.1, 2.2, 4.4, 7.7)$$,
    'each column has its own measure'
);

select * from finish();
