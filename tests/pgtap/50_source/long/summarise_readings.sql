-- The aggregate over a raw table of the long layout: a row for each measured value.
select plan(14);

insert into ahu_data.energy_readings (timestamp, ahu_id, metric_name, value, unit)
values
    ('2024-03-01 00:00+09', 'AHU01', 'hcv_steam_kwh', 0.1, 'kWh'),
    ('2024-03-01 00:00+09', 'AHU01', 'ac_hcv_steam_kwh', 0.02, 'kWh'),
    ('2024-03-01 12:00+09', 'AHU01', 'hcv_steam_kwh', 3, 'Wh'),
    ('2024-03-01 12:00+09', 'AHU01', 'sf_electricity_kwh', 0.5, 'MWh'),
    ('2024-03-01 12:00+09', 'AHU01', 'ccv_cold_water_kwh', 7, null),
    ('2024-03-01 12:00+09', 'AHU01', 'pc_ccv_cold_water_kwh', null, 'MJ'),
    ('2024-03-01 12:00+09', 'AHU01', 'sf_cost_krw', 1000, 'KRW'),
    ('2024-03-01 12:00+09', 'AHU01', 'electricity_cost_krw', 0, 'KRW'),
    ('2024-03-01 23:59:59.999999+09', 'AHU01', 'outdoor_temperature', 21, '°C'),
    ('2024-03-01 12:00+09', 'AHU01', null, 9, 'kWh'),
    ('2024-03-01 12:00+09', 'AHU02', 'outdoor_temperature', 21, '°C'),
    ('2024-03-01 12:00+09', 'AHU03', 'hcv_steam_kwh',
        123456789012345678901234567890.123456789, 'kWh'),
    ('2024-03-01 12:00+09', 'AHU03', 'hcv_steam_kwh', 0.000000001, 'GWh'),
    ('2024-03-02 00:00+09', 'AHU01', 'hcv_steam_kwh', 9, 'kWh'),
    ('2024-03-01 12:00+09', null, 'hcv_steam_kwh', 9, 'kWh'),
    (null, 'AHU01', 'hcv_steam_kwh', 9, 'kWh');
create view pg_temp.summary as
select
    s.*
from _ahu.summarise_readings('2024-03-01 00:00+09', '2024-03-02 00:00+09', null) as s;

select set_eq(
    'select day, ahu_id, readings from pg_temp.summary',
    $$
        values
            ('2024-03-01'::date, 'AHU01', 10::bigint),
            ('2024-03-01', 'AHU02', 1),
            ('2024-03-01', 'AHU03', 2)
    $$,
    'a reading is a row, of whatever metric'
);
select is(
    (select s.newest_reading from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    '2024-03-01 23:59:59.999999+09'::timestamptz,
    'and so is the newest of them'
);
select is(
    (select s.hcv_kwh from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    0.123,
    'a measure adds up its metrics, in kWh'
);
select is(
    (select s.electricity_kwh from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    500.0,
    'whatever the unit'
);
select is(
    (select s.ccv_kwh from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    7::numeric,
    'a value without unit is in kWh'
);
select is(
    (select s.electricity_cost from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    1000::numeric,
    'a cost is what it is, whatever its unit says'
);
select is(
    (select s.pc_ccv_kwh from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    null,
    'a measure whose values are all unknown is unknown, whatever their unit'
);
select is(
    (select s.dh_hcv_kwh from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    null,
    'so is one without any value'
);
select results_eq(
    $$
        select
            num_nonnulls(
                s.steam_cost, s.cold_water_cost, s.electricity_cost, s.hcv_kwh, s.dh_hcv_kwh,
                s.ccv_kwh, s.pc_ccv_kwh, s.electricity_kwh
            )
        from pg_temp.summary as s
        where s.ahu_id = 'AHU02'
    $$,
    'values (0)',
    'an AHU of which nothing is known but a metric that is no measure is known to be there'
);
select is(
    (select s.hcv_kwh::text from pg_temp.summary as s where s.ahu_id = 'AHU03'),
    '123456789012345678901234567890.124456789',
    'no digit is lost'
);
select results_eq(
    $$
        select
            s.layout,
            s.metric_column,
            s.value_column,
            s.unit_column
        from _ahu.source as s
    $$,
    $$values ('long', 'metric_name', 'value', 'unit')$$,
    'what the settings say of the layout is written down'
);

-- All the way.
select is(
    tap.refresh(),
    'refreshed, days 2, keys 4, readings 14, quarantined 0, pending 0',
    'a refresh folds a long table like any other'
);
select results_eq(
    $$
        select
            v.hcv_kwh,
            v.electricity_kwh
        from ahu.mv_daily_ahu_kwh as v
        where v.ahu_id = 'AHU01'
            and v.day = '2024-03-01'
    $$,
    'values (0.123, 500.0)',
    'into the views'
);
insert into ahu_data.energy_readings (timestamp, ahu_id, metric_name, value, unit)
values ('2024-03-01 12:00+09', 'AHU01', 'hcv_steam_kwh', 9, 'MJ');
select is(
    (tap.error_of('call ahu.refresh_dashboard_views()'))[1:2],
    array['22023', 'a reading of energy has the unit "MJ"'],
    'a unit that is unknown is an error, and no wrong sum'
);

select * from finish();
