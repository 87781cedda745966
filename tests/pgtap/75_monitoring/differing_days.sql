-- What counts as a difference between a stored key and raw, and how its reason is found.
select plan(23);

-- One key a day in March, each with three readings of every column.
insert into ahu_data.energy_readings (
    timestamp, ahu_id, sf_cost_krw, hcv_steam_cost_krw, ccv_cold_water_cost_krw, hcv_steam_kwh,
    dh_hcv_steam_kwh, ccv_cold_water_kwh, pc_ccv_cold_water_kwh, sf_electricity_kwh
)
select
    '2024-03-01 12:00+09'::timestamptz + d.days * interval '1 day' + m.minutes * interval '1 minute',
    'AHU01', 1, 2, 3, 4, 5, 6, 7, 8
from generate_series(0, 9) as d (days)
cross join generate_series(0, 2) as m (minutes);
call ahu.refresh_dashboard_views();
select is_empty('select * from _ahu.differing_days(''2024-03-01'', ''2024-03-31'')', 'all is right');

-- Each column of the summary by itself, the readings' number last.
create procedure pg_temp.change(day date, column_name text, value text)
language plpgsql
as $change$
begin
    execute format(
        'update _ahu.daily_rollup as d set %I = %s where d.day = %L',
        change.column_name,
        change.value,
        change.day
    );
end
$change$;
call pg_temp.change('2024-03-01', 'newest_reading', '''2024-03-01 12:01+09''');
call pg_temp.change('2024-03-02', 'steam_cost', '6.0000000000000000000001');
call pg_temp.change('2024-03-03', 'cold_water_cost', '0');
call pg_temp.change('2024-03-04', 'electricity_cost', 'null');
call pg_temp.change('2024-03-05', 'hcv_kwh', '''NaN''');
call pg_temp.change('2024-03-06', 'dh_hcv_kwh', '-15');
call pg_temp.change('2024-03-07', 'ccv_kwh', '18.1');
call pg_temp.change('2024-03-08', 'pc_ccv_kwh', '''infinity''');
call pg_temp.change('2024-03-09', 'electricity_kwh', '24.000');
call pg_temp.change('2024-03-10', 'readings', '2');
select results_eq(
    $$
        select
            d.day,
            d.ahu_id,
            d.reason,
            d.stored_readings,
            d.raw_readings,
            d.measures
        from _ahu.differing_days('2024-03-01', '2024-03-31') as d
    $$,
    $$
        values
            ('2024-03-01'::date, 'AHU01', 'tracking bypassed', 3::bigint, 3::bigint,
                array['newest_reading']),
            ('2024-03-02', 'AHU01', 'tracking bypassed', 3, 3, array['steam_cost']),
            ('2024-03-03', 'AHU01', 'tracking bypassed', 3, 3, array['cold_water_cost']),
            ('2024-03-04', 'AHU01', 'tracking bypassed', 3, 3, array['electricity_cost']),
            ('2024-03-05', 'AHU01', 'tracking bypassed', 3, 3, array['hcv_kwh']),
            ('2024-03-06', 'AHU01', 'tracking bypassed', 3, 3, array['dh_hcv_kwh']),
            ('2024-03-07', 'AHU01', 'tracking bypassed', 3, 3, array['ccv_kwh']),
            ('2024-03-08', 'AHU01', 'tracking bypassed', 3, 3, array['pc_ccv_kwh']),
            ('2024-03-10', 'AHU01', 'tracking bypassed', 2, 3, array['readings'])
    $$,
    'each number is compared to the last digit; trailing zeros are no digits'
);
call ahu.mark_changed('2024-03-01', '2024-03-31');
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'each is put right by mark_changed');

-- Null is not zero, and NaN is NaN.
call tap.add('2024-04-01 12:00+09', 'AHU01', 1);
call tap.add('2024-04-01 12:00+09', 'AHU02', 1);
insert into ahu_data.energy_readings (timestamp, ahu_id, hcv_steam_kwh)
values ('2024-04-01 12:00+09', 'AHU03', 'NaN');
call ahu.refresh_dashboard_views();
update _ahu.daily_rollup
set steam_cost = 0
where ahu_id = 'AHU01'
    and day = '2024-04-01';
update ahu_data.energy_readings
set sf_cost_krw = 0
where ahu_id = 'AHU02';
call ahu.refresh_dashboard_views();
update _ahu.daily_rollup
set electricity_cost = null
where ahu_id = 'AHU02';
select results_eq(
    'select tap.verified(''2024-04-01'', ''2024-04-01'') as line order by line',
    $$
        values
            ('D 04-01 AHU01 1/1 tracking bypassed: steam_cost'),
            ('D 04-01 AHU02 1/1 tracking bypassed: electricity_cost'),
            ('M 04-01 AHU01 1/1 tracking bypassed: steam_cost'),
            ('M 04-01 AHU02 1/1 tracking bypassed: electricity_cost')
    $$,
    'null is not zero, neither way; NaN equals NaN'
);
call ahu.mark_changed('2024-04-01', '2024-04-01');
call ahu.refresh_dashboard_views();

-- A key that is stored and not in raw, and the other way round.
set local session_replication_role = replica;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-04-02 12:00+09', 'AHU01'),
    ('2024-04-02 12:00+09', null),
    (null, 'AHU01');
set local session_replication_role = origin;
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values ('2024-04-02', 'AHU02', 1, '2024-04-02 12:00+09');
select results_eq(
    $$
        select
            v.line
        from tap.verified('2024-04-02', '2024-04-02') as v (line)
        where v.line like 'D%'
    $$,
    $$
        values
            ('D 04-02 AHU01 0/1 tracking bypassed: readings newest_reading'),
            ('D 04-02 AHU02 1/0 raw dropped: readings newest_reading')
    $$,
    'a key may be missing on either side; readings without AHU or time are of no key'
);
call ahu.mark_changed('2024-04-02', '2024-04-02', trust_raw => true);
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'to trust raw takes what raw does not have');

-- Dropped and bypassed at once: what counts is how many raw has.
set local session_replication_role = replica;
delete from ahu_data.energy_readings
where timestamp < '2024-03-01 12:02+09';
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
set local session_replication_role = origin;
select results_eq(
    $$
        select
            d.reason,
            d.stored_readings,
            d.raw_readings
        from _ahu.differing_days('2024-03-01', '2024-03-01') as d
    $$,
    $$values ('raw dropped', 3::bigint, 2::bigint)$$,
    'a key that has fewer readings is dropped, whatever else it was given'
);
set local session_replication_role = replica;
call tap.add('2024-03-01 14:00+09', 'AHU01', 1);
set local session_replication_role = origin;
select results_eq(
    $$
        select
            d.reason,
            d.stored_readings,
            d.raw_readings
        from _ahu.differing_days('2024-03-01', '2024-03-01') as d
    $$,
    $$values ('tracking bypassed', 3::bigint, 3::bigint)$$,
    'one that has as many is bypassed'
);
call ahu.mark_changed('2024-03-01', '2024-03-01');
call ahu.refresh_dashboard_views();

-- What is retained beside raw counts with it.
call tap.drop_silently('timestamp < ''2024-03-02 00:00+09''');
call tap.add('2024-03-01 15:00+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
call ahu.resolve_quarantine('2024-03-01', '2024-03-01', null, 'add');
select results_eq(
    'select tap.verified(''2024-03-01'', ''2024-03-01'')',
    $$
        values (
            'D 03-01 AHU01 4/1 raw dropped: readings steam_cost cold_water_cost electricity_cost '
            'hcv_kwh dh_hcv_kwh ccv_kwh pc_ccv_kwh electricity_kwh'
        )
    $$,
    'a summary that is raw and what is retained differs from raw because raw was dropped'
);
set local session_replication_role = replica;
update ahu_data.energy_readings
set sf_cost_krw = 100
where timestamp = '2024-03-01 15:00+09';
set local session_replication_role = origin;
select is(
    (select d.reason from _ahu.differing_days('2024-03-01', '2024-03-01') as d),
    'tracking bypassed',
    'where it is not their sum, tracking was bypassed'
);
call ahu.mark_changed('2024-03-01', '2024-03-01');
call ahu.refresh_dashboard_views();
select is(
    (select d.reason from _ahu.differing_days('2024-03-01', '2024-03-01') as d),
    'raw dropped',
    'and is put right by mark_changed'
);
call tap.drop_silently('timestamp < ''2024-03-02 00:00+09''');
select results_eq(
    $$
        select
            d.reason,
            d.stored_readings,
            d.raw_readings
        from _ahu.differing_days('2024-03-01', '2024-03-01') as d
    $$,
    $$values ('raw dropped', 4::bigint, 0::bigint)$$,
    'fewer than both together: dropped as well'
);
update _ahu.retained_summary
set newest_reading = '2024-03-01 16:00+09';
update _ahu.daily_rollup as d
set readings = r.readings,
    newest_reading = r.newest_reading,
    electricity_cost = r.electricity_cost
from _ahu.retained_summary as r
where r.day = d.day;
select results_eq(
    $$
        select
            d.reason,
            d.stored_readings,
            d.raw_readings
        from _ahu.differing_days('2024-03-01', '2024-03-01') as d
    $$,
    $$values ('raw dropped', 3::bigint, 0::bigint)$$,
    'so is a summary of which raw has nothing any more, and all is retained'
);
-- Readings that are loaded again past the triggers, beside what is retained in their place.
set local session_replication_role = replica;
call tap.add('2024-03-01 12:00+09', 'AHU01', 4);
set local session_replication_role = origin;
select is(
    (select d.reason from _ahu.differing_days('2024-03-01', '2024-03-01') as d),
    'tracking bypassed',
    'what raw has again and the summary has too differs until somebody marks it'
);
call ahu.mark_changed('2024-03-01', '2024-03-01');
call ahu.refresh_dashboard_views();
select is(
    (select d.reason from _ahu.differing_days('2024-03-01', '2024-03-01') as d),
    'quarantined',
    'and is in quarantine then: it may count twice'
);
call ahu.resolve_quarantine('2024-03-01', '2024-03-01', null, 'replace');
select is_empty('select tap.verified()', 'until it is replaced by what raw has');

-- Lookback: what the next refresh folds again is pending.
select is_empty('select day from _ahu.pending_changes', 'nothing is in the log');
set local session_replication_role = replica;
delete from ahu_data.energy_readings
where timestamp >= '2024-03-05 00:00+09';
call tap.add('2024-03-01 17:00+09', 'AHU01', 1);
call tap.add('2024-03-02 17:00+09', 'AHU01', 1);
call tap.add('2024-03-04 17:00+09', 'AHU01', 1);
set local session_replication_role = origin;
delete from _ahu.daily_rollup
where day >= '2024-03-05';
update _ahu.source
set tracking = 'lookback',
    lookback_days = 3;
select results_eq(
    'select day, reason from _ahu.differing_days(''2024-03-01'', ''2024-03-31'')',
    $$
        values
            ('2024-03-01'::date, 'tracking bypassed'),
            ('2024-03-02', 'pending'),
            ('2024-03-04', 'pending')
    $$,
    'of the last days that are stored, as many as the lookback has'
);
call ahu.refresh_dashboard_views();
select results_eq(
    'select day, reason from _ahu.differing_days(''2024-03-01'', ''2024-03-31'')',
    $$values ('2024-03-01'::date, 'tracking bypassed')$$,
    'which the refresh then folds'
);
call ahu.mark_changed('2024-03-01', '2024-03-01');
select results_eq(
    'select day, reason from _ahu.differing_days(''2024-03-01'', ''2024-03-31'')',
    $$values ('2024-03-01'::date, 'pending')$$,
    'before them what is in the log'
);
delete from _ahu.pending_changes;
delete from _ahu.daily_rollup;
select results_eq(
    'select day, reason from _ahu.differing_days(''2024-03-01'', ''2024-03-31'')',
    $$
        values
            ('2024-03-01'::date, 'pending'),
            ('2024-03-02', 'pending'),
            ('2024-03-03', 'pending'),
            ('2024-03-04', 'pending')
    $$,
    'all days where none is stored'
);

-- It asks for no other day than those that it is given, near midnight too.
select is_empty(
    'select * from _ahu.differing_days(''2024-03-05'', ''2024-03-05'')',
    'a day without readings differs in nothing'
);
call tap.add('2024-03-05 23:59:59.999999+09', 'AHU09', 1);
call tap.add('2024-03-07 00:00+09', 'AHU09', 1);
select is_empty(
    'select * from _ahu.differing_days(''2024-03-06'', ''2024-03-06'')',
    'readings of the days beside it are not its own'
);

select * from finish();
