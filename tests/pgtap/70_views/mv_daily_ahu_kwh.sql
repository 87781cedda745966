-- The contract of the view that daily energy charts read.
select plan(9);

select is(
    (
        select
            string_agg(a.attname, ', ' order by a.attnum)
        from pg_attribute as a
        where a.attrelid = 'ahu.mv_daily_ahu_kwh'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'day, ahu_id, hcv_kwh, dh_hcv_kwh, ccv_kwh, pc_ccv_kwh, electricity_kwh',
    'the columns of ahu.mv_daily_ahu_kwh are these, in this order'
);
select col_type_is('ahu', 'mv_daily_ahu_kwh', 'day', 'date', 'day is date');
select col_type_is('ahu', 'mv_daily_ahu_kwh', 'ahu_id', 'text', 'ahu_id is text');
select col_type_is('ahu', 'mv_daily_ahu_kwh', 'hcv_kwh', 'numeric', 'hcv_kwh is numeric');
select col_type_is('ahu', 'mv_daily_ahu_kwh', 'dh_hcv_kwh', 'numeric', 'dh_hcv_kwh is numeric');
select col_type_is('ahu', 'mv_daily_ahu_kwh', 'ccv_kwh', 'numeric', 'ccv_kwh is numeric');
select col_type_is('ahu', 'mv_daily_ahu_kwh', 'pc_ccv_kwh', 'numeric', 'pc_ccv_kwh is numeric');
select col_type_is(
    'ahu', 'mv_daily_ahu_kwh', 'electricity_kwh', 'numeric',
    'electricity_kwh is numeric'
);

insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_kwh, ac_hcv_steam_kwh, dh_hcv_steam_kwh, ccv_cold_water_kwh,
    ac_ccv_cold_water_kwh, pc_ccv_cold_water_kwh, sf_electricity_kwh, outdoor_humidity
)
values
    ('2024-03-01 00:00+09', 'AHU01', 0.1, 0.2, null, 10, 20, null, 1000, 5),
    ('2024-03-01 23:59+09', 'AHU01', 0.01, null, null, null, null, null, null, 5),
    ('2024-03-01 12:00+09', 'AHU03', null, null, 7, null, null, 0, null, 5),
    ('2024-03-02 12:00+09', 'AHU03', null, null, null, null, null, null, null, 5);
call ahu.refresh_dashboard_views();

set local role ahu_read;
select results_eq(
    'select * from ahu.mv_daily_ahu_kwh order by day, ahu_id',
    $$
        values
            ('2024-03-01'::date, 'AHU01', 0.31, null::numeric, 30::numeric, null::numeric,
                1000::numeric),
            ('2024-03-01', 'AHU03', null, 7, null, 0, null),
            ('2024-03-02', 'AHU03', null, null, null, null, null)
    $$,
    'dashboards read exact sums; unknown is unknown, and zero is zero'
);
reset role;

select * from finish();
