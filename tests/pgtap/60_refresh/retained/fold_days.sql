-- A summary that is kept beside raw, as gone from there: every value of it counts, in its own key,
-- whatever has the key recomputed, until raw is the truth.
select plan(12);

-- What is stored of a key: readings, newest reading, then every measure.
create function pg_temp.stored_of(day date, ahu text)
returns text
language sql
as $stored_of$
    select
        concat_ws(
            ' ', d.readings, to_char(d.newest_reading at time zone 'Asia/Seoul', 'HH24:MI'),
            d.steam_cost, d.cold_water_cost, d.electricity_cost, d.hcv_kwh, d.dh_hcv_kwh, d.ccv_kwh,
            d.pc_ccv_kwh, d.electricity_kwh
        )
    from _ahu.daily_rollup as d
    where d.day = stored_of.day
        and d.ahu_id = stored_of.ahu
$stored_of$;

-- One reading of two AHUs on each of two days, with another value in each measure.
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw, hcv_steam_kwh,
    dh_hcv_steam_kwh, ccv_cold_water_kwh, pc_ccv_cold_water_kwh, sf_electricity_kwh
)
select
    d.at,
    a.ahu_id,
    1, 2, 3, 4, 5, 6, 7, 8
from (values ('2024-03-01 12:00+09'::timestamptz), ('2024-03-02 12:00+09')) as d (at)
cross join (values ('AHU01'), ('AHU02')) as a (ahu_id);
call ahu.refresh_dashboard_views();

-- Four readings are kept of AHU01 on the 1st, the newest of them older than raw's.
insert into _ahu.retained_summary (
    day, ahu_id, readings, newest_reading, steam_cost, cold_water_cost, electricity_cost, hcv_kwh,
    dh_hcv_kwh, ccv_kwh, pc_ccv_kwh, electricity_kwh
)
values ('2024-03-01', 'AHU01', 4, '2024-03-01 09:00+09', 100, 200, 300, 400, 500, 600, 700, 800);

call ahu.mark_changed('2024-03-01', '2024-03-01');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 6, quarantined 0, pending 0',
    'a day that is marked as a whole takes what is kept along'
);
select is(
    pg_temp.stored_of('2024-03-01', 'AHU01'),
    '5 12:00 101 202 303 404 505 606 707 808',
    'each measure is the sum of both, and the newest reading the newer one'
);
select is(
    pg_temp.stored_of('2024-03-01', 'AHU02'),
    '1 12:00 1 2 3 4 5 6 7 8',
    'another AHU has nothing of it'
);
update _ahu.retained_summary
set newest_reading = '2024-03-01 21:00+09';
call ahu.mark_changed('2024-03-01', '2024-03-02', array['AHU01']);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU02']);
select is(
    tap.refresh(),
    'refreshed, days 2, keys 3, readings 7, quarantined 0, pending 0',
    'keys that are marked by name take it once'
);
select is(
    pg_temp.stored_of('2024-03-01', 'AHU01'),
    '5 21:00 101 202 303 404 505 606 707 808',
    'the newest reading may be one that is kept'
);
select is(
    pg_temp.stored_of('2024-03-02', 'AHU01'),
    '1 12:00 1 2 3 4 5 6 7 8',
    'another day has nothing of it'
);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU02']);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 1, quarantined 0, pending 0',
    'a neighbour that is marked alone leaves it alone'
);

-- A single reading is kept, and raw has the same again.
update _ahu.retained_summary
set readings = 1;
update _ahu.daily_rollup
set readings = 1
where day = '2024-03-01'
    and ahu_id = 'AHU01';
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01']);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 1 raw 2 net 0')$$,
    'one reading would count twice as many would'
);

-- Kept of a key that has no summary, which nothing of ours does: it is told all the same.
insert into _ahu.retained_summary (day, ahu_id, readings, newest_reading)
values ('2024-03-01', 'AHU03', 1, '2024-03-01 09:00+09');
call tap.add('2024-03-01 12:00+09', 'AHU03', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 1 raw 2 net 0'), ('03-01 AHU03 stored 0 raw 2 net 1')$$,
    'a key without a summary goes to quarantine with none stored'
);

insert into _ahu.retained_summary (day, ahu_id, readings, newest_reading)
values ('2024-03-02', 'AHU03', 1, '2024-03-02 09:00+09');
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU03'], trust_raw => true);
call ahu.refresh_dashboard_views();
select results_eq(
    'select day, ahu_id from _ahu.retained_summary order by day',
    $$values ('2024-03-01'::date, 'AHU01'), ('2024-03-02', 'AHU03')$$,
    'to trust raw for one key forgets what is kept of that key alone'
);

delete from _ahu.retained_summary
where day = '2024-03-02';
call ahu.mark_changed('2024-03-01', '2024-03-01', trust_raw => true);
call ahu.refresh_dashboard_views();
select is(
    pg_temp.stored_of('2024-03-01', 'AHU01'),
    '1 12:00 1 2 3 4 5 6 7 8',
    'to trust raw for a whole day leaves out what is kept'
);
select is_empty('select day from _ahu.retained_summary', 'and forgets it');

select * from finish();
