-- Under the strategy native whatever differs is pending: the next refresh computes all anew.
select plan(7);

call tap.fill_native_site();
select results_eq(
    'select tap.verified() as line',
    $$
        values
            ('D 03-01 AHU01 0/3 pending: readings newest_reading steam_cost electricity_cost '
                'hcv_kwh'),
            ('D 03-01 AHU02 0/1 pending: readings newest_reading'),
            ('D 03-02 AHU01 0/1 pending: readings newest_reading electricity_cost'),
            ('D 04-01 AHU01 0/1 pending: readings newest_reading electricity_cost')
    $$,
    'what no refresh has computed yet is pending'
);
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'after the refresh nothing differs');
call tap.drop_silently('ahu_id = ''AHU02''');
set local session_replication_role = replica;
update ahu_data.energy_readings
set hcv_steam_kwh = null
where timestamp = '2024-03-01 00:00+09';
set local session_replication_role = origin;
select results_eq(
    'select tap.verified()',
    $$
        values
            ('D 03-01 AHU01 3/3 pending: hcv_kwh'),
            ('D 03-01 AHU02 1/0 pending: readings newest_reading')
    $$,
    'so is what went around the triggers that there are not, and what was dropped'
);
refresh materialized view _ahu.daily_native;
select results_eq(
    'select tap.verified()',
    $$values ('M 03-01 AHU02 1/0 pending: readings')$$,
    'and a month that is not the sum of its days'
);
insert into _ahu.quarantine (day, ahu_id, stored_readings, raw_readings, net_readings)
values ('2024-03-01', 'AHU01', 4, 3, 0);
call tap.drop_silently('timestamp = ''2024-03-01 00:00+09''');
select is(
    (select v.reason from ahu.verify_dashboard_views('2024-03-01', '2024-03-31') as v limit 1),
    'pending',
    'what was in quarantine when the strategy was switched waits for the way back'
);
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'the refresh puts all of it right');
refresh materialized view _ahu.daily_native with no data;
select is(
    tap.error_of('select ahu.verify_dashboard_views(''2024-03-01'', ''2024-03-31'')'),
    array[
        '55000',
        'the views were never filled: there is nothing to verify',
        'No refresh has filled _ahu.daily_native.',
        'Refresh first: call ahu.refresh_dashboard_views()'
    ],
    'views that were never filled are no empty views'
);

select * from finish();
