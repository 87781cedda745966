-- A summary that is kept beside raw is no difference that needs mending, while what is stored is the
-- sum of both; what is pending or in quarantine is told of its own key alone.
select plan(20);

-- Whatever differs on the 1st and the 2nd, a line for each key.
create view pg_temp.differing as
select
    format(
        '%s %s %s stored %s raw %s', to_char(d.day, 'MM-DD'), d.ahu_id, d.reason, d.stored_readings,
        d.raw_readings
    ) as line
from _ahu.differing_days('2024-03-01', '2024-03-02') as d;

insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw, hcv_steam_kwh,
    dh_hcv_steam_kwh, ccv_cold_water_kwh, pc_ccv_cold_water_kwh, sf_electricity_kwh
)
select
    d.day + time '12:00' at time zone 'Asia/Seoul',
    a.ahu_id,
    1, 2, 3, 4, 5, 6, 7, 8
from (values ('2024-03-01'::date), ('2024-03-02')) as d (day)
cross join (values ('AHU01'), ('AHU02')) as a (ahu_id);
insert into _ahu.retained_summary (
    day, ahu_id, readings, newest_reading, steam_cost, cold_water_cost, electricity_cost, hcv_kwh,
    dh_hcv_kwh, ccv_kwh, pc_ccv_kwh, electricity_kwh
)
values
    ('2024-03-01', 'AHU01', 4, '2024-03-01 09:00+09', 10, 20, 30, 40, 50, 60, 70, 80),
    ('2024-03-01', 'AHU02', 2, '2024-03-01 09:00+09', 11, 21, 31, 41, 51, 61, 71, 81),
    ('2024-03-02', 'AHU01', 3, '2024-03-02 23:00+09', 12, 22, 32, 42, 52, 62, 72, 82);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from pg_temp.differing',
    $$
        values
            ('03-01 AHU01 raw dropped stored 5 raw 1'),
            ('03-01 AHU02 raw dropped stored 3 raw 1'),
            ('03-02 AHU01 raw dropped stored 4 raw 1')
    $$,
    'what is kept has dropped out of raw, and each key has its own'
);

-- One column of what is stored is wrong, by what a single reading has of it.
create function pg_temp.reason_when(column_name text, value text)
returns text
language plpgsql
as $reason_when$
declare
    v_reason text;
begin
    execute format(
        'update _ahu.daily_rollup set %I = %s where day = ''2024-03-01'' and ahu_id = ''AHU01''',
        reason_when.column_name,
        reason_when.value
    );
    v_reason := (
        select d.reason from _ahu.differing_days('2024-03-01', '2024-03-01') as d
        where d.ahu_id = 'AHU01'
    );
    call ahu.mark_changed('2024-03-01', '2024-03-01');
    perform tap.refresh();
    return v_reason;
end
$reason_when$;
select is(
    pg_temp.reason_when(c.name, c.value),
    'tracking bypassed',
    c.title || ' of the sum is told apart'
)
from (
    values
        ('newest_reading', '''2024-03-01 09:00+09''', 'another newest reading than that'),
        ('steam_cost', '10', 'another steam_cost than that'),
        ('cold_water_cost', '20', 'another cold_water_cost than that'),
        ('electricity_cost', '30', 'another electricity_cost than that'),
        ('hcv_kwh', '40', 'another hcv_kwh than that'),
        ('dh_hcv_kwh', '50', 'another dh_hcv_kwh than that'),
        ('ccv_kwh', '60', 'another ccv_kwh than that'),
        ('pc_ccv_kwh', '70', 'another pc_ccv_kwh than that'),
        ('electricity_kwh', '80', 'another electricity_kwh than that')
) as c (name, value, title);

-- Where a measure is known on one side alone, the sum is what is known.
update ahu_data.energy_readings
set hcv_steam_kwh = null,
    sf_cost_krw = null
where timestamp < '2024-03-02 00:00+09';
update _ahu.retained_summary
set ccv_kwh = null,
    steam_cost = null
where day = '2024-03-01';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from pg_temp.differing',
    $$
        values
            ('03-01 AHU01 raw dropped stored 5 raw 1'),
            ('03-01 AHU02 raw dropped stored 3 raw 1'),
            ('03-02 AHU01 raw dropped stored 4 raw 1')
    $$,
    'what is unknown on one side takes nothing from the other'
);

call tap.drop_silently('ahu_id = ''AHU01'' and timestamp < ''2024-03-02 00:00+09''');
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01'], trust_raw => true);
update _ahu.daily_rollup as d
set readings = r.readings,
    newest_reading = r.newest_reading,
    steam_cost = r.steam_cost,
    cold_water_cost = r.cold_water_cost,
    electricity_cost = r.electricity_cost,
    hcv_kwh = r.hcv_kwh,
    dh_hcv_kwh = r.dh_hcv_kwh,
    ccv_kwh = r.ccv_kwh,
    pc_ccv_kwh = r.pc_ccv_kwh,
    electricity_kwh = r.electricity_kwh
from _ahu.retained_summary as r
where r.day = d.day
    and r.ahu_id = d.ahu_id
    and r.day = '2024-03-01'
    and r.ahu_id = 'AHU01';
delete from _ahu.pending_changes;
select is(
    (select d.line from pg_temp.differing as d where d.line ~ '^03-01 AHU01'),
    '03-01 AHU01 raw dropped stored 4 raw 0',
    'raw may have nothing of the key any more'
);

-- What is pending or in quarantine.
update _ahu.daily_rollup
set readings = 7;
delete from _ahu.retained_summary;
create temp table unmarked as
select
    d.line
from pg_temp.differing as d;
select results_eq(
    'select line from unmarked',
    $$
        values
            ('03-01 AHU01 raw dropped stored 7 raw 0'),
            ('03-01 AHU02 raw dropped stored 7 raw 1'),
            ('03-02 AHU01 raw dropped stored 7 raw 1'),
            ('03-02 AHU02 raw dropped stored 7 raw 1')
    $$,
    'without what is kept all keys are short of readings'
);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU02']);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU02', 'AHU09']);
insert into _ahu.quarantine (day, ahu_id, stored_readings, raw_readings, net_readings)
values ('2024-03-02', 'AHU01', 7, 1, 0);
select results_eq(
    'select line from pg_temp.differing',
    $$
        values
            ('03-01 AHU01 raw dropped stored 7 raw 0'),
            ('03-01 AHU02 pending stored 7 raw 1'),
            ('03-02 AHU01 quarantined stored 7 raw 1'),
            ('03-02 AHU02 raw dropped stored 7 raw 1')
    $$,
    'a key is told once, and another AHU or another day of it has no part in that'
);
call ahu.mark_changed('2024-03-02', '2024-03-02');
call ahu.mark_changed('2024-03-02', '2024-03-02', array['AHU02']);
select results_eq(
    'select line from pg_temp.differing',
    $$
        values
            ('03-01 AHU01 raw dropped stored 7 raw 0'),
            ('03-01 AHU02 pending stored 7 raw 1'),
            ('03-02 AHU01 pending stored 7 raw 1'),
            ('03-02 AHU02 pending stored 7 raw 1')
    $$,
    'a day that is marked as a whole is pending for every AHU, in quarantine or not'
);
delete from _ahu.pending_changes;

-- The strategy and the backfill.
select is(
    (select string_agg(distinct split_part(d.line, ' ', 3), ' ') from pg_temp.differing as d),
    'quarantined raw',
    'where nothing is pending nothing is'
);
update _ahu.source
set backfill_marked_at = null;
select is(
    (select string_agg(distinct split_part(d.line, ' ', 3), ' ') from pg_temp.differing as d),
    'pending',
    'while the backfill is not marked, all is pending'
);
update _ahu.source
set backfill_marked_at = now(),
    tracking = 'lookback';
select is(
    (select string_agg(distinct split_part(d.line, ' ', 3), ' ') from pg_temp.differing as d),
    'pending',
    'by lookback the days that the next refresh folds are'
);
update _ahu.source
set lookback_days = 1;
select results_eq(
    'select line from pg_temp.differing',
    $$
        values
            ('03-01 AHU01 raw dropped stored 7 raw 0'),
            ('03-01 AHU02 raw dropped stored 7 raw 1'),
            ('03-02 AHU01 pending stored 7 raw 1'),
            ('03-02 AHU02 pending stored 7 raw 1')
    $$,
    'and no other'
);
update _ahu.source
set tracking = 'triggers',
    strategy = 'native';
select is(
    (select string_agg(distinct split_part(d.line, ' ', 3), ' ') from pg_temp.differing as d),
    'pending',
    'native rollups are computed as a whole'
);

select * from finish();
