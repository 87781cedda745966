-- The same over a raw table of the long layout, where a reading is a row.
select plan(5);

insert into ahu_data.energy_readings (timestamp, ahu_id, metric_name, value, unit)
values
    ('2024-03-01 00:00+09', 'AHU01', 'hcv_steam_kwh', 0.1, 'kWh'),
    ('2024-03-01 00:00+09', 'AHU01', 'sf_cost_krw', 7, 'KRW'),
    ('2024-03-02 00:00+09', 'AHU01', 'sf_cost_krw', 8, 'KRW'),
    ('2024-03-02 00:00+09', 'AHU01', 'outdoor_temperature', 21, '°C');
select results_eq(
    'select tap.verified() as line',
    $$
        values
            ('D 03-01 AHU01 0/2 pending: readings newest_reading electricity_cost hcv_kwh'),
            ('D 03-02 AHU01 0/2 pending: readings newest_reading electricity_cost')
    $$,
    'what no refresh has folded yet is pending'
);
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'after the refresh nothing differs');
set local session_replication_role = replica;
update ahu_data.energy_readings
set unit = 'Wh'
where metric_name = 'hcv_steam_kwh';
delete from ahu_data.energy_readings
where metric_name = 'outdoor_temperature';
set local session_replication_role = origin;
select results_eq(
    'select tap.verified()',
    $$
        values
            ('D 03-01 AHU01 2/2 tracking bypassed: hcv_kwh'),
            ('D 03-02 AHU01 2/1 raw dropped: readings')
    $$,
    'another unit is another value'
);
call ahu.mark_changed('2024-03-01', '2024-03-01');
call ahu.mark_changed('2024-03-02', '2024-03-02', trust_raw => true);
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'it is put right by mark_changed');
select is(
    (select d.hcv_kwh from _ahu.daily_rollup as d where d.day = '2024-03-01'),
    0.0001,
    'in kWh'
);

select * from finish();
