-- From native back to incremental: the views go on from what readers have seen.
select plan(14);

call tap.fill_native_site();
call ahu.refresh_dashboard_views();
insert into _ahu.daily_rollup (
    day, ahu_id, readings, newest_reading, electricity_cost, raw_parts
)
values
    -- More readings than the native one has, and as many.
    ('2024-03-01', 'AHU01', 4, '2024-03-01 12:00+09', 77, 5),
    ('2024-03-02', 'AHU01', 1, '2024-03-02 12:00+09', 77, 5),
    ('2024-03-01', 'AHU02', 1, '2024-03-01 12:00+09', 77, 5),
    -- What it has not at all.
    ('2023-12-31', 'AHU01', 240, '2023-12-31 12:00+09', 77, 5);
call _ahu.adopt_native();
select results_eq(
    'select line from tap.stored',
    $$
        values
            ('12-31 AHU01 240 77'),
            ('03-01 AHU01 4 77'),
            ('03-01 AHU02 1 '),
            ('03-02 AHU01 1 1'),
            ('04-01 AHU01 1 1')
    $$,
    'a stored summary of more readings stays, others are taken over, and what native has not too'
);
select results_eq(
    $$
        select
            to_char(d.day, 'MM-DD ') || d.ahu_id
        from _ahu.daily_rollup as d
        where d.raw_parts is not null
        order by d.day
    $$,
    $$values ('12-31 AHU01'), ('03-01 AHU01')$$,
    'on what raw had those rest that are taken over is not known'
);
select results_eq(
    'select newest_reading from _ahu.daily_rollup where day = ''2024-03-02''',
    $$values ('2024-03-02 00:00+09'::timestamptz)$$,
    'with the time of the newest reading'
);
select results_eq(
    'select line from tap.stored_months',
    $$values ('03 AHU01 5 78'), ('03 AHU02 1 '), ('04 AHU01 1 1')$$,
    'the months of what was taken over are summed up anew'
);
call _ahu.adopt_native();
select results_eq(
    'select line from tap.stored_months',
    $$values ('03 AHU01 5 78'), ('03 AHU02 1 '), ('04 AHU01 1 1')$$,
    'once more is the same'
);

-- Every measure.
truncate _ahu.daily_rollup, _ahu.monthly_rollup, ahu_data.energy_readings;
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_kwh, dh_hcv_steam_kwh, ccv_cold_water_kwh, pc_ccv_cold_water_kwh,
    sf_electricity_kwh, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw
)
values ('2024-03-01 12:00+09', 'AHU01', 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8);
call ahu.refresh_dashboard_views();
create function pg_temp.adopted()
returns text
language sql
as $adopted$
    select
        concat_ws(
            ' ', d.readings, d.hcv_kwh, d.dh_hcv_kwh, d.ccv_kwh, d.pc_ccv_kwh, d.electricity_kwh,
            d.steam_cost, d.cold_water_cost, d.electricity_cost, d.total_cost
        )
    from _ahu.daily_rollup as d
    where d.day = '2024-03-01'
$adopted$;
call _ahu.adopt_native();
select is(pg_temp.adopted(), '1 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 2.1', 'every measure is adopted');
update ahu_data.energy_readings
set hcv_steam_kwh = 1,
    dh_hcv_steam_kwh = 2,
    ccv_cold_water_kwh = 3,
    pc_ccv_cold_water_kwh = 4,
    sf_electricity_kwh = 5,
    hcv_steam_cost_krw = 6,
    ccv_cold_water_cost_krw = 7,
    sf_cost_krw = 8;
call ahu.refresh_dashboard_views();
call _ahu.adopt_native();
select is(pg_temp.adopted(), '1 1 2 3 4 5 6 7 8 21', 'and over one that was there');
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-01 13:00+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
call _ahu.adopt_native();
select is(pg_temp.adopted(), '2 1 2 3 4 5 6 7 9 22', 'with the number of readings');

-- The rollups of both strategies say the same, to the digit.
truncate _ahu.daily_rollup, _ahu.monthly_rollup, ahu_data.energy_readings;
call tap.fill_native_site();
call ahu.refresh_dashboard_views();
call _ahu.adopt_native();
select set_eq(
    $$
        select
            day, ahu_id, readings, newest_reading, steam_cost, cold_water_cost, electricity_cost,
            total_cost, hcv_kwh, dh_hcv_kwh, ccv_kwh, pc_ccv_kwh, electricity_kwh
        from _ahu.daily_rollup
    $$,
    'select * from _ahu.daily_summary',
    'days are the same in both strategies'
);
select set_eq(
    $$
        select
            month, ahu_id, readings, steam_cost, cold_water_cost, electricity_cost, total_cost
        from _ahu.monthly_rollup
    $$,
    'select * from _ahu.monthly_summary',
    'and months'
);

-- Without a native rollup, or with an empty one.
truncate _ahu.daily_rollup, _ahu.monthly_rollup;
refresh materialized view _ahu.daily_native with no data;
select lives_ok('call _ahu.adopt_native()', 'one that was never filled has nothing to adopt');
select is_empty('select day from _ahu.daily_rollup', 'and nothing is adopted');
drop materialized view _ahu.daily_native cascade;
select lives_ok('call _ahu.adopt_native()', 'nor has one that is not there');
select is_empty('select day from _ahu.daily_rollup', 'and nothing is adopted');

select * from finish();
