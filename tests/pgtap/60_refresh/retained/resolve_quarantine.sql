-- What add keeps beside raw: the keys that it is said of, every value of them, and the newest word.
select plan(8);

-- AHU01 with another value in each measure, times the given factor; AHU02 beside it.
create procedure pg_temp.add(at timestamptz, factor integer)
language sql
as $add$
    insert into ahu_data.energy_readings (
        timestamp, ahu_id, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw, hcv_steam_kwh,
        dh_hcv_steam_kwh, ccv_cold_water_kwh, pc_ccv_cold_water_kwh, sf_electricity_kwh
    )
    values (
        add.at, 'AHU01', factor, 2 * factor, 3 * factor, 4 * factor, 5 * factor, 6 * factor,
        7 * factor, 8 * factor
    )
$add$;

create view pg_temp.kept as
select
    concat_ws(
        ' ', to_char(r.day, 'MM-DD'), r.ahu_id, r.readings,
        to_char(r.newest_reading at time zone 'Asia/Seoul', 'HH24:MI'), r.steam_cost,
        r.cold_water_cost, r.electricity_cost, r.hcv_kwh, r.dh_hcv_kwh, r.ccv_kwh, r.pc_ccv_kwh,
        r.electricity_kwh
    ) as line
from _ahu.retained_summary as r
order by
    r.day,
    r.ahu_id;

call pg_temp.add('2024-03-01 08:58+09', 1);
call pg_temp.add('2024-03-01 08:59+09', 1);
call pg_temp.add('2024-03-01 09:00+09', 1);
call tap.add('2024-03-01 09:00+09', 'AHU02', 3);
call tap.add('2024-03-02 09:00+09', 'AHU01', 3);
call ahu.refresh_dashboard_views();
call tap.drop_silently('ahu_id = ''AHU01'' and timestamp < ''2024-03-02 00:00+09''');
call pg_temp.add('2024-03-01 10:00+09', 10);
call pg_temp.add('2024-03-01 10:01+09', 10);
call ahu.refresh_dashboard_views();
call ahu.resolve_quarantine('2024-03-01', '2024-03-31', null, 'add');
select results_eq(
    'select line from pg_temp.kept',
    $$values ('03-01 AHU01 3 09:00 3 6 9 12 15 18 21 24')$$,
    'of one key in quarantine the summary is kept, of its neighbours'' nothing'
);

-- Retention comes again, another operator says it again.
update _ahu.retained_summary
set resolved_by = 'somebody',
    resolved_at = '2024-01-01 00:00+00';
call tap.drop_silently('ahu_id = ''AHU01'' and timestamp < ''2024-03-02 00:00+09''');
call pg_temp.add('2024-03-01 11:00+09', 100);
call ahu.refresh_dashboard_views();
call ahu.resolve_quarantine('2024-03-01', '2024-03-31', null, 'add');
select results_eq(
    'select line from pg_temp.kept',
    $$values ('03-01 AHU01 5 10:01 23 46 69 92 115 138 161 184')$$,
    'said again, all that raw has no more is kept in its place'
);
select results_eq(
    'select resolved_by = session_user, resolved_at > ''2024-11-01'' from _ahu.retained_summary',
    'values (true, true)',
    'with who said it last, and when'
);
select is(
    (
        select
            concat_ws(' ', d.steam_cost, d.electricity_kwh)
        from _ahu.daily_rollup as d
        where d.day = '2024-03-01'
            and d.ahu_id = 'AHU01'
    ),
    '123 984',
    'and the summary is the sum of all that ever was'
);

-- Two keys in quarantine, on two days; on the day of the other one something is pending.
call tap.drop_silently('true');
call ahu.mark_changed('2024-03-01', '2024-03-02');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$
        values
            ('03-01 AHU01 stored 6 raw 5 net 0'),
            ('03-01 AHU02 stored 3 raw 0 net 0'),
            ('03-02 AHU01 stored 3 raw 0 net 0')
    $$,
    'three keys are in quarantine'
);
call tap.add('2024-03-02 09:00+09', 'AHU03', 1);
call ahu.resolve_quarantine('2024-03-01', '2024-03-31', array['AHU02'], 'ignore');
select results_eq(
    'select distinct day from _ahu.pending_changes',
    $$values ('2024-03-02'::date)$$,
    'a verdict on one AHU folds no day on which others are in quarantine'
);
select is(
    (select count(*) from _ahu.quarantine),
    2::bigint,
    'nor resolves those'
);

call ahu.resolve_quarantine('2024-03-01', '2024-03-01', null, 'ignore');
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-02 AHU01 stored 3 raw 0 net 0')$$,
    'a verdict on one day leaves the same AHU in quarantine on another'
);

select * from finish();
