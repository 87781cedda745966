-- What is only added to days is added to their month, which is then not summed up again; in every
-- other case it is. A month that was made wrong tells which: its 1000 readings too many stay, or go.
select plan(12);

create index on ahu_data.energy_readings (timestamp);

-- What one refresh, in a transaction of its own, leaves in the monthly rollup.
create function pg_temp.months_after(statement text default 'select')
returns text
language plpgsql
as $months_after$
begin
    execute months_after.statement;
    perform tap.refresh_alone();
    return (select string_agg(m.line, ', ') from tap.stored_months as m);
end
$months_after$;

-- Begins anew, with three readings of AHU01 and AHU02 on each of two days, all at a cost of 1.
create procedure pg_temp.start_over()
language plpgsql
as $start_over$
begin
    call tap.empty();
    call tap.add('2024-03-01 12:00+09', 'AHU01', 3);
    call tap.add('2024-03-01 12:00+09', 'AHU02', 3);
    call tap.add('2024-03-02 12:00+09', 'AHU01', 3);
    call tap.add('2024-03-02 12:00+09', 'AHU02', 3);
    perform pg_temp.months_after();
    update _ahu.monthly_rollup set readings = readings + 1000;
end
$start_over$;

call pg_temp.start_over();
call tap.add('2024-03-01 13:00+09', 'AHU01', 2);
call tap.add('2024-03-02 13:00+09', 'AHU01', 1);
select is(
    pg_temp.months_after(),
    '03 AHU01 1009 9, 03 AHU02 1006 6',
    'what two days were added is added to their month'
);

call pg_temp.start_over();
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
select is(
    pg_temp.months_after('update ahu_data.energy_readings set sf_cost_krw = 5
        where timestamp = ''2024-03-02 12:00+09'' and ahu_id = ''AHU01'''),
    '03 AHU01 7 11, 03 AHU02 1006 6',
    'a month of which another day is recomputed is summed up again, and only of that AHU'
);

call pg_temp.start_over();
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
select is(
    pg_temp.months_after('delete from ahu_data.energy_readings
        where timestamp > ''2024-03-02'' and ahu_id = ''AHU01'''),
    '03 AHU01 4 4, 03 AHU02 1006 6',
    'and one of which another day has vanished'
);

call pg_temp.start_over();
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
call ahu.mark_changed('2024-03-02', '2024-03-02', array['AHU01']);
select is(
    pg_temp.months_after(),
    '03 AHU01 7 7, 03 AHU02 1006 6',
    'and one of which another day is marked, though that comes out the same'
);

call pg_temp.start_over();
call tap.add('2024-03-03 12:00+09', 'AHU01', 1);
select is(
    pg_temp.months_after(),
    '03 AHU01 7 7, 03 AHU02 1006 6',
    'and one that has a new day, which was read'
);

call pg_temp.start_over();
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
select is(
    pg_temp.months_after('delete from _ahu.monthly_rollup where ahu_id = ''AHU01'''),
    '03 AHU01 7 7, 03 AHU02 1006 6',
    'a month that is not there is summed up'
);

call pg_temp.start_over();
call tap.add('2024-04-01 12:00+09', 'AHU01', 1);
select pg_temp.months_after();
update _ahu.monthly_rollup set readings = readings + 100 where month = '2024-04-01';
call tap.add('2024-03-02 13:00+09', 'AHU01', 1);
call tap.add('2024-04-01 13:00+09', 'AHU01', 2);
select is(
    pg_temp.months_after(),
    '03 AHU01 1007 7, 03 AHU02 1006 6, 04 AHU01 103 3',
    'each month is added what is its own'
);

-- A measure is unknown until a reading has it.
call pg_temp.start_over();
insert into ahu_data.energy_readings (timestamp, ahu_id, hcv_steam_cost_krw)
values ('2024-03-01 14:00+09', 'AHU01', 1.25), ('2024-03-02 14:00+09', 'AHU01', null);
select is(
    pg_temp.months_after(),
    '03 AHU01 1008 6, 03 AHU02 1006 6',
    'readings without a cost add nothing to it'
);
select results_eq(
    'select m.ahu_id, m.steam_cost, m.cold_water_cost, m.electricity_cost, m.total_cost
        from _ahu.monthly_rollup as m order by m.ahu_id',
    $$
        values
            ('AHU01', 1.25, null::numeric, 6::numeric, 7.25),
            ('AHU02', null, null, 6, 6)
    $$,
    'a cost that was unknown becomes what was added; one that stays unknown is null'
);
insert into ahu_data.energy_readings (timestamp, ahu_id, hcv_steam_cost_krw)
values ('2024-03-01 15:00+09', 'AHU01', 0.75);
insert into ahu_data.energy_readings (timestamp, ahu_id, ccv_cold_water_cost_krw)
values ('2024-03-01 16:00+09', 'AHU01', 3);
select pg_temp.months_after();
select results_eq(
    'select m.readings, m.steam_cost::text, m.cold_water_cost, m.electricity_cost
        from _ahu.monthly_rollup as m where m.ahu_id = ''AHU01''',
    $$values (1010::bigint, '2.00', 3::numeric, 6::numeric)$$,
    'each cost is added to by itself'
);

-- What the log says of a key comes to nothing where the key goes to quarantine.
call pg_temp.start_over();
set local session_replication_role = replica;
delete from ahu_data.energy_readings where timestamp = '2024-03-01 12:02+09' and ahu_id = 'AHU01';
set local session_replication_role = origin;
call tap.add('2024-03-01 10:00+09', 'AHU02', 1);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01']);
select is(
    pg_temp.months_after(),
    '03 AHU01 6 6, 03 AHU02 1007 7',
    'a key in quarantine has its month summed up of what is stored, beside one that is added to'
);

-- The whole comes out as it does when everything is summed up.
call pg_temp.start_over();
update _ahu.monthly_rollup set readings = readings - 1000;
call tap.add('2024-03-01 13:00+09', 'AHU01', 5);
call tap.add('2024-03-02 13:00+09', 'AHU02', 5);
select pg_temp.months_after();
select is_empty(
    'select v from ahu.verify_dashboard_views(''2024-03-01'', ''2024-03-31'') as v',
    'verify finds nothing'
);

select * from finish();
