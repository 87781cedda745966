-- The contract of the view that trend charts read.
select plan(9);

select is(
    (
        select
            string_agg(a.attname, ', ' order by a.attnum)
        from pg_attribute as a
        where a.attrelid = 'ahu.mv_monthly_ahu_costs'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'month, ahu_id, steam_cost, cold_water_cost, electricity_cost, total_cost',
    'the columns of ahu.mv_monthly_ahu_costs are these, in this order'
);
select col_type_is('ahu', 'mv_monthly_ahu_costs', 'month', 'date', 'month is date');
select col_type_is('ahu', 'mv_monthly_ahu_costs', 'ahu_id', 'text', 'ahu_id is text');
select col_type_is('ahu', 'mv_monthly_ahu_costs', 'steam_cost', 'numeric', 'steam_cost is numeric');
select col_type_is(
    'ahu', 'mv_monthly_ahu_costs', 'cold_water_cost', 'numeric',
    'cold_water_cost is numeric'
);
select col_type_is(
    'ahu', 'mv_monthly_ahu_costs', 'electricity_cost', 'numeric',
    'electricity_cost is numeric'
);
select col_type_is('ahu', 'mv_monthly_ahu_costs', 'total_cost', 'numeric', 'total_cost is numeric');

insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_cost_krw, ac_hcv_steam_cost_krw, dh_hcv_steam_cost_krw,
    ccv_cold_water_cost_krw, ac_ccv_cold_water_cost_krw, pc_ccv_cold_water_cost_krw,
    sf_cost_krw, electricity_cost_krw, outdoor_temperature
)
values
    ('2024-03-01 00:00+09', 'AHU01', 0.1, 0.2, 0.4, 10, 20, 40, 1000, 2000, 5),
    ('2024-03-01 23:59+09', 'AHU01', 0.01, null, null, null, null, null, null, null, 5),
    ('2024-03-31 23:59+09', 'AHU01', null, null, null, null, null, null, 7, null, 5),
    ('2024-04-01 00:00+09', 'AHU01', null, null, null, null, 3, null, null, null, 5),
    ('2024-03-01 12:00+09', 'AHU02', null, null, null, null, null, null, null, null, 5);
call ahu.refresh_dashboard_views();

set local role ahu_read;
select results_eq(
    'select * from ahu.mv_monthly_ahu_costs order by month, ahu_id',
    $$
        values
            ('2024-03-01'::date, 'AHU01', 0.71, 70::numeric, 3007::numeric, 3077.71),
            ('2024-03-01', 'AHU02', null, null, null, null),
            ('2024-04-01', 'AHU01', null, 3, null, 3)
    $$,
    'dashboards read exact sums, and what is unknown is unknown'
);
reset role;
select set_eq(
    $$
        select
            date_trunc('month', d.day::timestamp)::date,
            d.ahu_id,
            sum(d.total_cost)
        from ahu.mv_daily_ahu_costs as d
        group by 1, 2
    $$,
    'select month, ahu_id, total_cost from ahu.mv_monthly_ahu_costs',
    'a month is the sum of its days'
);

select * from finish();
