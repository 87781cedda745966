-- What a fold makes of pending changes: exactly what raw says, unless raw has fewer readings than
-- the log can explain. Then retention took them, and the stored summary stays.
select plan(106);

-- Adds them as an attached partition does: no trigger sees it.
create procedure pg_temp.attach_silently(first_time timestamptz, ahu text, readings integer)
language plpgsql
as $attach_silently$
begin
    set local session_replication_role = replica;
    call tap.add(first_time, ahu, readings);
    set local session_replication_role = origin;
    update _ahu.daily_rollup
    set raw_parts = raw_parts # 1;
end
$attach_silently$;

-- What it answers, and what it claims.
call tap.add('2024-01-31 12:00+09', 'AHU01', 2);
call tap.add('2024-02-01 12:00+09', 'AHU01', 3);
call tap.add('2024-02-01 12:00+09', 'AHU02', 4);
call tap.add('2024-02-02 12:00+09', 'AHU01', 5);
select results_eq(
    $$
        select
            f.month,
            (select array_agg(a.id order by a.id) from unnest(f.changed_ahu_ids) as a (id)),
            f.keys,
            f.readings,
            f.quarantined
        from _ahu.fold_days(array['2024-01-31', '2024-02-01']::date[]) as f
        order by f.month
    $$,
    $$
        values
            ('2024-01-01'::date, array['AHU01'], 1::bigint, 2::bigint, 0::bigint),
            ('2024-02-01', array['AHU01', 'AHU02'], 2, 7, 0)
    $$,
    'it answers with one row per month'
);
select results_eq(
    'select line from tap.stored',
    $$values ('01-31 AHU01 2 2'), ('02-01 AHU01 3 3'), ('02-01 AHU02 4 4')$$,
    'it folds the days that it is given'
);
select results_eq(
    'select distinct day from _ahu.pending_changes',
    $$values ('2024-02-02'::date)$$,
    'and leaves the entries of other days alone'
);
select is_empty(
    'select * from _ahu.fold_days(array[]::date[])',
    'no day is no work'
);
select is_empty(
    'select * from _ahu.fold_days(array[''2024-01-31'']::date[])',
    'a day without pending changes is no work'
);
call ahu.refresh_dashboard_views();

-- A key that came out the same costs no write.
create temp table before as
select
    d.ctid as place,
    d.day,
    d.ahu_id
from _ahu.daily_rollup as d;
update ahu_data.energy_readings
set sf_cost_krw = sf_cost_krw;
select is(
    tap.refresh(),
    'refreshed, days 3, keys 4, readings 14, quarantined 0, pending 0',
    'keys that were touched are recomputed'
);
select set_eq(
    'select d.ctid as place, d.day, d.ahu_id from _ahu.daily_rollup as d',
    'select b.place, b.day, b.ahu_id from before as b',
    'and not rewritten when they came out the same'
);
update ahu_data.energy_readings
set sf_cost_krw = 2
where ahu_id = 'AHU02'
    and timestamp = '2024-02-01 12:00+09';
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select
            b.day,
            b.ahu_id
        from before as b
        where not exists (select from _ahu.daily_rollup as d where d.ctid = b.place)
    $$,
    $$values ('2024-02-01'::date, 'AHU02')$$,
    'only the key that changed is rewritten'
);

-- Whatever is stored of a key makes it another when it changes, by itself.
update ahu_data.energy_readings
set timestamp = '2024-02-02 13:00+09'
where timestamp = '2024-02-02 12:04+09';
call ahu.refresh_dashboard_views();
select is(
    (select d.newest_reading from _ahu.daily_rollup as d where d.day = '2024-02-02'),
    '2024-02-02 13:00+09'::timestamptz,
    'a reading that moves within its day is the newest reading'
);
create function pg_temp.change(column_name text, value numeric)
returns text
language plpgsql
as $change$
begin
    execute format(
        'update ahu_data.energy_readings set %I = $1 where timestamp = ''2024-02-02 12:00+09''',
        column_name
    )
    using value;
    perform tap.refresh();
    return (
        select
            concat_ws(
                ' ', d.hcv_kwh, d.dh_hcv_kwh, d.ccv_kwh, d.pc_ccv_kwh, d.electricity_kwh,
                d.steam_cost, d.cold_water_cost, d.electricity_cost
            )
        from _ahu.daily_rollup as d
        where d.day = '2024-02-02'
    );
end
$change$;
select is(
    pg_temp.change(c.name, c.value),
    c.stored,
    'a change of one measure is stored: ' || c.name
)
from (
    values
        ('hcv_steam_kwh', 50, '50 5'),
        ('dh_hcv_steam_kwh', 51, '50 51 5'),
        ('ccv_cold_water_kwh', 52, '50 51 52 5'),
        ('pc_ccv_cold_water_kwh', 53, '50 51 52 53 5'),
        ('sf_electricity_kwh', 54, '50 51 52 53 54 5'),
        ('hcv_steam_cost_krw', 55, '50 51 52 53 54 55 5'),
        ('ccv_cold_water_cost_krw', 56, '50 51 52 53 54 55 56 5'),
        ('sf_cost_krw', 57, '50 51 52 53 54 55 56 61'),
        ('hcv_steam_kwh', null, '51 52 53 54 55 56 61')
) as c (name, value, stored);

-- What goes, goes; what moves, moves.
call tap.empty();
call tap.add('2024-03-01 12:00+09', 'AHU01', 5);
call tap.add('2024-03-01 12:00+09', 'AHU02', 5);
call ahu.refresh_dashboard_views();
delete from ahu_data.energy_readings
where ahu_id = 'AHU01'
    and timestamp >= '2024-03-01 12:03+09';
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 3, quarantined 0, pending 0',
    'a deletion touches its own key'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 3 3'), ('03-01 AHU02 5 5')$$,
    'readings that were deleted are out of the summary'
);
update ahu_data.energy_readings
set timestamp = timestamp + interval '1 day'
where ahu_id = 'AHU02'
    and timestamp >= '2024-03-01 12:03+09';
select is(
    tap.refresh(),
    'refreshed, days 2, keys 2, readings 5, quarantined 0, pending 0',
    'a move touches the key it left and the key it came to'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 3 3'), ('03-01 AHU02 3 3'), ('03-02 AHU02 2 2')$$,
    'readings that were moved are in the summary of their new day'
);
delete from ahu_data.energy_readings
where ahu_id = 'AHU01';
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 0, quarantined 0, pending 0',
    'a key that lost all its readings counts as recomputed'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU02 3 3'), ('03-02 AHU02 2 2')$$,
    'and its row is deleted'
);

-- Near a change of the clock raw is read a little further than the day: what is there is not used.
call tap.empty();
call tap.add('1987-10-10 12:00+10', 'AHU01', 3);
call tap.add('1987-10-10 23:59+10', 'AHU01', 2);
call tap.add('1987-10-11 23:59+09', 'AHU01', 2);
call tap.add('1987-10-12 12:00+09', 'AHU01', 3);
call ahu.refresh_dashboard_views();
call tap.add('1987-10-11 12:00+09', 'AHU01', 5);
delete from _ahu.pending_changes
where day <> '1987-10-11';
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 7, quarantined 0, pending 0',
    'a day of 25 hours is folded alone'
);
select results_eq(
    'select line from tap.stored',
    $$values ('10-10 AHU01 4 4'), ('10-11 AHU01 7 7'), ('10-12 AHU01 4 4')$$,
    'and the days beside it stay what they were'
);

-- Shrinking needs evidence.
call tap.empty();
call tap.add('2024-03-01 00:00+09', 'AHU01', 240);
call tap.add('2024-03-01 00:00+09', 'AHU02', 240);
call ahu.refresh_dashboard_views();
call tap.drop_silently('true');
select is(
    tap.refresh(),
    'nothing pending, days 0, keys 0, readings 0, quarantined 0, pending 0',
    'retention goes unnoticed'
);
call tap.add('2024-03-01 23:00+09', 'AHU01', 1);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 1, quarantined 1, pending 0',
    'a late reading into a dropped day is reported'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 240 240'), ('03-01 AHU02 240 240')$$,
    'and never turns a day of 240 readings into a day of one'
);
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 1 net 1')$$,
    'its key is in quarantine, its neighbour''s is not'
);
select is(
    (select m.readings from _ahu.monthly_rollup as m where m.ahu_id = 'AHU01'),
    240::bigint,
    'the month stays as well'
);
update _ahu.quarantine
set found_at = '2024-01-01 00:00+00',
    seen_at = '2024-01-01 00:00+00';
call tap.add('2024-03-01 12:00+09', 'AHU02', 300);
call tap.add('2024-03-01 23:01+09', 'AHU01', 1);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 302, quarantined 1, pending 0',
    'another late reading finds it there'
);
select ok(
    (
        select
            q.found_at = '2024-01-01 00:00+00'
            and q.seen_at between now() and clock_timestamp()
            and q.raw_readings = 2
            and q.net_readings = 2
        from _ahu.quarantine as q
    ),
    'it remembers when it was first found, and what was last seen'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 240 240'), ('03-01 AHU02 300 300')$$,
    'other keys of the same day are folded meanwhile'
);
call tap.add('2024-03-01 00:00+09', 'AHU01', 238);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 240, quarantined 0, pending 0',
    'when the readings come back, raw is believed again'
);
select is_empty('select line from tap.quarantined', 'and the key is out of quarantine');

-- An UPDATE is no evidence of a loss.
update ahu_data.energy_readings
set sf_cost_krw = 5;
call tap.drop_silently('true');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 0, quarantined 2, pending 0',
    'an update followed by retention is not a deletion'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 240 240'), ('03-01 AHU02 300 300')$$,
    'and erases no day'
);

-- Evidence is counted.
call tap.empty();
call tap.add('2024-03-01 12:00+09', 'AHU01', 5);
call ahu.refresh_dashboard_views();
delete from ahu_data.energy_readings
where timestamp < '2024-03-01 12:02+09';
call tap.drop_silently('timestamp = ''2024-03-01 12:02+09''');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 5 raw 2 net -2')$$,
    'two were deleted and three are gone: one is missing'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 5 5')$$,
    'its summary stays as it was'
);
delete from ahu_data.energy_readings
where timestamp = '2024-03-01 12:03+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 5 raw 1 net -3')$$,
    'evidence adds up while a key is in quarantine'
);
call tap.add('2024-03-01 12:02+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 5 raw 2 net -2')$$,
    'what is added is set off: it may as well be what was deleted'
);
delete from ahu_data.energy_readings;
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 5 raw 0 net -4')$$,
    'a key that is empty now is one short of what was counted'
);
call tap.add('2024-03-01 12:00+09', 'AHU01', 5);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 5 5')$$,
    'with all its readings a key is believed, whatever was counted'
);
select is_empty('select line from tap.quarantined', 'and nothing is in quarantine');
delete from ahu_data.energy_readings
where timestamp <= '2024-03-01 12:02+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 2 2')$$,
    'a key that lost exactly what was counted is believed'
);
delete from ahu_data.energy_readings
where timestamp = '2024-03-01 12:03+09';
call tap.drop_silently('true');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 2 raw 0 net -1')$$,
    'evidence that was used is not used again'
);

-- What raw says now, as tap.stored has it: by itself, from the readings.
create view pg_temp.raw as
select
    format('%s %s %s %s', to_char(k.day, 'MM-DD'), k.ahu_id, k.readings, k.cost) as line
from (
    select
        (r.timestamp at time zone 'UTC' + interval '9 hours')::date as day,
        r.ahu_id,
        count(*) as readings,
        sum(r.sf_cost_krw) as cost
    from ahu_data.energy_readings as r
    group by 1, 2
) as k
order by
    k.day,
    k.ahu_id;

-- Begins anew, with 240 readings of AHU01 and 10 of AHU02 on the 1st, all of them folded.
create procedure pg_temp.start_over()
language plpgsql
as $start_over$
begin
    call tap.empty();
    call tap.add('2024-03-01 00:00+09', 'AHU01', 240);
    call tap.add('2024-03-01 00:00+09', 'AHU02', 10);
    perform tap.refresh();
end
$start_over$;

-- What an ETL does that loads its day again and again: delete what is there, insert ten readings,
-- refresh. Then what is answered, stored and in quarantine.
create function pg_temp.load_again()
returns text
language plpgsql
as $load_again$
declare
    v_answer text;
begin
    delete from ahu_data.energy_readings
    where ahu_id = 'AHU01'
        and timestamp >= '2024-03-01 00:00+09'
        and timestamp < '2024-03-02 00:00+09';
    call tap.add('2024-03-01 20:00+09', 'AHU01', 10);
    v_answer := tap.refresh();
    -- A statement of its own: the one that refreshes sees what was there before.
    return concat_ws(
        e'\n',
        v_answer,
        (select s.line from tap.stored as s where s.line like '%AHU01%'),
        (select q.line from tap.quarantined as q where q.line like '%AHU01%')
    );
end
$load_again$;

-- Thirty times ten are more than 240: added up, the deletions would explain everything.
call pg_temp.start_over();
call tap.drop_silently('true');
create temp table round as
select
    pg_temp.load_again() as outcome
from generate_series(1, 30);
select results_eq(
    'select outcome, count(*) from round group by outcome',
    $$
        select
            concat_ws(
                e'\n',
                'refreshed, days 1, keys 1, readings 10, quarantined 1, pending 0',
                '03-01 AHU01 240 240',
                '03-01 AHU01 stored 240 raw 10 net 10'
            ),
            30::bigint
    $$,
    'late readings that are deleted and loaded thirty times never explain what retention took'
);
delete from ahu_data.energy_readings;
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 0 net 0')$$,
    'late readings that are deleted again have lost the key nothing'
);
call tap.add('2024-03-01 00:00+09', 'AHU01', 240);
call ahu.refresh_dashboard_views();
delete from ahu_data.energy_readings
where ahu_id = 'AHU01'
    and timestamp >= '2024-03-01 01:00+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 60 60'), ('03-01 AHU02 10 10')$$,
    'after the key is out of quarantine, what was gained in it does not hold back a deletion'
);

-- A day that is deleted and loaded again.
call pg_temp.start_over();
delete from ahu_data.energy_readings
where ahu_id = 'AHU01';
call tap.add('2024-03-01 00:00+09', 'AHU01', 240);
call tap.drop_silently('true');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 0, quarantined 1, pending 0',
    'a day that was deleted and loaded again has lost nothing'
);
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$
        values
            ('03-01 AHU01 240 240'),
            ('03-01 AHU02 10 10'),
            ('03-01 AHU01 stored 240 raw 0 net 0')
    $$,
    'and stays when retention comes before the refresh'
);

call pg_temp.start_over();
delete from ahu_data.energy_readings
where ahu_id = 'AHU01';
call tap.add('2024-03-01 00:00+09', 'AHU01', 240);
call ahu.refresh_dashboard_views();
call tap.drop_silently('true');
call tap.add('2024-03-01 23:00+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$
        values
            ('03-01 AHU01 240 240'),
            ('03-01 AHU02 10 10'),
            ('03-01 AHU01 stored 240 raw 1 net 1')
    $$,
    'when retention comes after it too'
);

call pg_temp.start_over();
delete from ahu_data.energy_readings
where ahu_id = 'AHU01';
call tap.add('2024-03-01 00:00+09', 'AHU01', 200);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 200 200'), ('03-01 AHU02 10 10')$$,
    'a day that is loaded again with fewer readings may shrink by what is missing'
);
delete from ahu_data.energy_readings
where ahu_id = 'AHU01';
call tap.add('2024-03-01 00:00+09', 'AHU01', 190);
call tap.drop_silently('ahu_id = ''AHU01'' and timestamp < ''2024-03-01 00:01+09''');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 200 raw 189 net -10')$$,
    'and not by one more'
);

-- Moved away and back.
call pg_temp.start_over();
update ahu_data.energy_readings
set ahu_id = 'AHU09'
where ahu_id = 'AHU01';
update ahu_data.energy_readings
set ahu_id = 'AHU01'
where ahu_id = 'AHU09';
call tap.drop_silently('ahu_id = ''AHU01''');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 0, quarantined 1, pending 0',
    'readings that were moved to another AHU and back are no loss'
);
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$
        values
            ('03-01 AHU01 240 240'),
            ('03-01 AHU02 10 10'),
            ('03-01 AHU01 stored 240 raw 0 net 0')
    $$,
    'and the key stays; the AHU that they visited has left no trace'
);

call pg_temp.start_over();
update ahu_data.energy_readings
set timestamp = timestamp + interval '1 day'
where ahu_id = 'AHU01';
update ahu_data.energy_readings
set timestamp = timestamp - interval '1 day'
where ahu_id = 'AHU01';
call tap.drop_silently('ahu_id = ''AHU01''');
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$
        values
            ('03-01 AHU01 240 240'),
            ('03-01 AHU02 10 10'),
            ('03-01 AHU01 stored 240 raw 0 net 0')
    $$,
    'nor are those that were moved to another day and back'
);

call pg_temp.start_over();
update ahu_data.energy_readings
set ahu_id = 'AHU02'
where ahu_id = 'AHU01'
    and timestamp >= '2024-03-01 02:00+09';
call tap.drop_silently('ahu_id = ''AHU02'' and timestamp < ''2024-03-01 00:10+09''');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 120 120'), ('03-01 AHU02 120 120')$$,
    'a gain does not raise what is expected of a key'
);

-- Added and deleted again, while retention takes old readings.
call pg_temp.start_over();
call tap.add('2024-03-01 20:00+09', 'AHU01', 10);
delete from ahu_data.energy_readings
where timestamp >= '2024-03-01 20:00+09';
call tap.drop_silently('ahu_id = ''AHU01'' and timestamp < ''2024-03-01 00:08+09''');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 232, quarantined 1, pending 0',
    'readings that came and went do not explain the old ones that are missing'
);
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$
        values
            ('03-01 AHU01 240 240'),
            ('03-01 AHU02 10 10'),
            ('03-01 AHU01 stored 240 raw 232 net 0')
    $$,
    'and the summary of all stays'
);
delete from ahu_data.energy_readings
where ahu_id = 'AHU01'
    and timestamp < '2024-03-01 00:28+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 212 net -20')$$,
    'a deletion that comes later explains its own readings only'
);

-- What was counted in quarantine and what is counted since are one balance. Here readings come and
-- go unseen by a trigger, or raw would be short by the same number all the time.
call pg_temp.start_over();
delete from ahu_data.energy_readings
where ahu_id = 'AHU01'
    and timestamp < '2024-03-01 00:20+09';
call tap.drop_silently('ahu_id = ''AHU01'' and timestamp < ''2024-03-01 00:30+09''');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 210 net -20')$$,
    'of thirty that are missing twenty were counted'
);
call pg_temp.attach_silently('2024-03-01 00:20+09', 'AHU01', 10);
call ahu.mark_changed('2024-03-01', '2024-03-01');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 230, quarantined 0, pending 0',
    'when the other ten are attached again, what was counted before is still believed'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 220 220'), ('03-01 AHU02 10 10')$$,
    'and the summary equals raw'
);

call pg_temp.start_over();
call tap.drop_silently('ahu_id = ''AHU01'' and timestamp < ''2024-03-01 00:20+09''');
call tap.add('2024-03-01 20:00+09', 'AHU01', 10);
call ahu.refresh_dashboard_views();
call pg_temp.attach_silently('2024-03-01 00:05+09', 'AHU01', 15);
delete from ahu_data.energy_readings
where timestamp >= '2024-03-01 20:00+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 235 net 0')$$,
    'a deletion of what was added in quarantine does not explain the five that are still missing'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 240 240'), ('03-01 AHU02 10 10')$$,
    'and the summary stays'
);

-- Loaded again after retention: raw has all of it, so raw is the truth, at other costs too.
call pg_temp.start_over();
create temp table kept as
select
    r.timestamp,
    r.ahu_id,
    r.sf_cost_krw
from ahu_data.energy_readings as r;
call tap.drop_silently('true');
call tap.add('2024-03-01 23:00+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 1 net 1')$$,
    'a day that retention took is in quarantine'
);
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    k.timestamp,
    k.ahu_id,
    k.sf_cost_krw + 1
from kept as k;
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 251, quarantined 0, pending 0',
    'it is released by a plain INSERT of the same readings'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 241 481'), ('03-01 AHU02 10 20')$$,
    'and its summary is made anew'
);
select results_eq(
    'select line from tap.stored',
    'select line from pg_temp.raw',
    'it equals raw'
);
select is_empty('select line from tap.quarantined', 'and nothing is in quarantine');
delete from ahu_data.energy_readings
where timestamp >= '2024-03-01 23:00+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    'select line from pg_temp.raw',
    'from then on deletions are believed as before'
);

-- Loaded again after a TRUNCATE, before and after the refresh that notices it.
call pg_temp.start_over();
truncate ahu_data.energy_readings;
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    k.timestamp,
    k.ahu_id,
    k.sf_cost_krw + 2
from kept as k;
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 250, quarantined 0, pending 0',
    'a TRUNCATE and a reload before one refresh leave nothing in quarantine'
);
select results_eq(
    'select line from tap.stored',
    'select line from pg_temp.raw',
    'and every key equals raw'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 240 720'), ('03-01 AHU02 10 30')$$,
    'at the costs that were loaded'
);
truncate ahu_data.energy_readings;
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$
        values
            ('03-01 AHU01 stored 240 raw 0 net 0'),
            ('03-01 AHU02 stored 10 raw 0 net 0')
    $$,
    'without a reload every key is in quarantine, and nothing is counted'
);
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    k.timestamp,
    k.ahu_id,
    k.sf_cost_krw + 3
from kept as k;
call ahu.refresh_dashboard_views();
select is_empty('select line from tap.quarantined', 'a reload releases them all');
select results_eq(
    'select line from tap.stored',
    'select line from pg_temp.raw',
    'and makes them equal to raw'
);

-- Deleted for good, and then the table is emptied: the one is evidence, the other is not.
call pg_temp.start_over();
delete from ahu_data.energy_readings
where ahu_id = 'AHU01';
truncate ahu_data.energy_readings;
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$values ('03-01 AHU02 10 10'), ('03-01 AHU02 stored 10 raw 0 net 0')$$,
    'a key that was deleted before a TRUNCATE is gone, the other one stays'
);

-- Evidence of one entry counts where another entry names the day as a whole.
call tap.empty();
call tap.add('2024-03-01 12:00+09', 'AHU01', 5);
call tap.add('2024-03-01 12:00+09', 'AHU02', 5);
call ahu.refresh_dashboard_views();
delete from ahu_data.energy_readings
where ahu_id = 'AHU01';
call ahu.mark_changed('2024-03-01', '2024-03-01');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 5, quarantined 0, pending 0',
    'a day that is marked as a whole is recomputed for every AHU'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU02 5 5')$$,
    'and what was deleted is deleted'
);

-- TRUNCATE is no evidence.
truncate ahu_data.energy_readings;
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 0, quarantined 1, pending 0',
    'after a TRUNCATE every stored key goes to quarantine'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU02 5 5')$$,
    'and stays what it was'
);
call tap.add('2024-03-01 13:00+09', 'AHU02', 6);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 6, quarantined 0, pending 0',
    'when the table is loaded again, raw is believed again'
);

-- The operator's evidence.
call tap.add('2024-03-02 12:00+09', 'AHU01', 2);
call tap.add('2024-03-02 12:00+09', 'AHU02', 2);
call tap.add('2024-03-03 12:00+09', 'AHU01', 2);
call ahu.refresh_dashboard_views();
call tap.drop_silently('timestamp >= ''2024-03-02 12:01+09''');
call ahu.mark_changed('2024-03-01', '2024-03-03');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$
        values
            ('03-02 AHU01 stored 2 raw 1 net 0'),
            ('03-02 AHU02 stored 2 raw 1 net 0'),
            ('03-03 AHU01 stored 2 raw 0 net 0')
    $$,
    'to mark days as changed is no evidence by itself'
);
call ahu.mark_changed('2024-03-02', '2024-03-02', array['AHU01'], trust_raw => true);
call ahu.mark_changed('2024-03-02', '2024-03-03');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$
        values
            ('03-01 AHU02 6 6'),
            ('03-02 AHU01 1 1'),
            ('03-02 AHU02 2 2'),
            ('03-03 AHU01 2 2')
    $$,
    'to trust raw for one AHU on one day is evidence for that key only'
);
call ahu.mark_changed('2024-03-02', '2024-03-03', trust_raw => true);
select is(
    tap.refresh(),
    'refreshed, days 2, keys 3, readings 2, quarantined 0, pending 0',
    'to trust raw for whole days'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU02 6 6'), ('03-02 AHU01 1 1'), ('03-02 AHU02 1 1')$$,
    'makes what raw says the truth, for a key without readings too'
);
select is_empty('select line from tap.quarantined', 'and empties the quarantine');
call ahu.mark_changed('2024-03-01', '2024-03-03', array['AHU99'], trust_raw => true);
select is(
    tap.refresh(),
    'refreshed, days 3, keys 0, readings 0, quarantined 0, pending 0',
    'an AHU that nobody has heard of is no key'
);

-- Kept beside raw as gone, and then loaded again: that would count twice.
call pg_temp.start_over();
call tap.drop_silently('ahu_id = ''AHU01''');
call tap.add('2024-03-01 23:00+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
call ahu.resolve_quarantine('2024-03-01', '2024-03-01', null, 'add');
call tap.add('2024-03-01 00:00+09', 'AHU01', 238);
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$values ('03-01 AHU01 479 479'), ('03-01 AHU02 10 10')$$,
    'fewer readings than are kept beside raw are taken for new ones'
);
call tap.add('2024-03-01 03:58+09', 'AHU01', 1);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 480, quarantined 1, pending 0',
    'as many are taken for the same ones'
);
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$
        values
            ('03-01 AHU01 479 479'),
            ('03-01 AHU02 10 10'),
            ('03-01 AHU01 stored 479 raw 480 net 1')
    $$,
    'and the summary stays'
);
delete from ahu_data.energy_readings
where timestamp = '2024-03-01 03:58+09';
call ahu.refresh_dashboard_views();
select is_empty('select line from tap.quarantined', 'when one of them goes the key is released');
call tap.add('2024-03-01 03:58+09', 'AHU01', 2);
call ahu.refresh_dashboard_views();
call ahu.resolve_quarantine('2024-03-01', '2024-03-01', null, 'replace');
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    'select line from pg_temp.raw',
    'to replace the summary by what raw has settles it'
);
select is_empty('select day from _ahu.retained_summary', 'and nothing is kept beside raw');

insert into _ahu.retained_summary (day, ahu_id, readings, newest_reading)
values ('2024-03-01', 'AHU02', 3, '2024-03-01 12:00+09');
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU02']);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU02 stored 10 raw 13 net 0')$$,
    'a key goes to quarantine whatever has it recomputed'
);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU02'], trust_raw => true);
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    'select line from pg_temp.raw',
    'to trust raw settles it as well'
);

-- What is marked by hand, or for the backfill, has its month summed up again though no day comes
-- out differently; what writers log has not.
delete from ahu_data.energy_readings;
delete from _ahu.daily_rollup;
delete from _ahu.monthly_rollup;
delete from _ahu.pending_changes;
call tap.add('2024-06-01 12:00+09', 'AHU01', 1);
call tap.add('2024-06-02 12:00+09', 'AHU02', 1);
call tap.add('2024-07-01 12:00+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
insert into _ahu.monthly_rollup (month, ahu_id, readings)
values ('2024-06-01', 'AHU09', 1);
create function pg_temp.fold_marked(reason text, day date, ahu_ids text[])
returns setof text
language plpgsql
as $fold_marked$
begin
    insert into _ahu.pending_changes (reason, day, ahu_ids)
    values (fold_marked.reason, fold_marked.day, fold_marked.ahu_ids);
    return query
    select
        format(
            '%s %s keys %s readings %s quarantined %s',
            to_char(f.month, 'MM'),
            (
                select
                    coalesce(string_agg(a.id, ' ' order by a.id), 'nothing')
                from unnest(f.changed_ahu_ids) as a (id)
            ),
            f.keys,
            f.readings,
            f.quarantined
        )
    from _ahu.fold_days(array[fold_marked.day]) as f;
end
$fold_marked$;
select results_eq(
    format('select pg_temp.fold_marked(%L, %L, null)', r.reason, '2024-06-01'),
    $$values ('06 nothing keys 1 readings 1 quarantined 0')$$,
    r.reason || ' of a day that comes out the same changes no month'
)
from (values ('update'), ('truncate'), ('lookback')) as r (reason);
select results_eq(
    format('select pg_temp.fold_marked(%L, %L, null)', r.reason, '2024-06-01'),
    $$values ('06 AHU01 AHU02 AHU09 keys 1 readings 1 quarantined 0')$$,
    r.reason || ' of every AHU: all that have a day or a row in that month'
)
from (values ('mark_changed'), ('backfill')) as r (reason);
select results_eq(
    'select pg_temp.fold_marked(''mark_changed'', ''2024-06-01'', array[''AHU02'', ''AHU09''])',
    $$values ('06 AHU02 AHU09 keys 0 readings 0 quarantined 0')$$,
    'of some AHUs: these, though they have no reading on that day'
);
select is_empty(
    'select pg_temp.fold_marked(''mark_changed'', ''2024-08-01'', null)',
    'a month of which nothing is there has nothing to be summed up'
);

select * from finish();
