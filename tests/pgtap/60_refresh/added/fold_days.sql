-- What small INSERTs have brought is added to the stored summary, and raw is not read again; in every
-- case that could come out otherwise it is. A cost that was changed silently tells which. What is
-- inserted after a refresh in one transaction is read: so each begins as another transaction would.
select plan(37);

create index on ahu_data.energy_readings (timestamp);

-- Begins anew, with three readings of AHU01 and AHU02 each, all at a cost of 1; in raw one of each
-- AHU has come to cost 100, which no trigger saw.
create procedure pg_temp.start_over()
language plpgsql
as $start_over$
begin
    call tap.empty();
    call tap.add('2024-03-01 12:00+09', 'AHU01', 3);
    call tap.add('2024-03-01 12:00+09', 'AHU02', 3);
    perform tap.refresh_alone();
    set local session_replication_role = replica;
    update ahu_data.energy_readings
    set sf_cost_krw = 100
    where timestamp = '2024-03-01 12:00+09';
    set local session_replication_role = origin;
end
$start_over$;

-- Adds a reading to AHU01, does something else, refreshes, and tells what is stored.
create function pg_temp.stored_after(statement text)
returns text
language plpgsql
as $stored_after$
begin
    call pg_temp.start_over();
    call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
    execute stored_after.statement;
    perform tap.refresh_alone();
    return (select string_agg(s.line, ', ') from tap.stored as s);
end
$stored_after$;

select is(
    pg_temp.stored_after('select 1'),
    '03-01 AHU01 4 4, 03-01 AHU02 3 3',
    'a reading is added'
);
select results_eq(
    'select line from tap.stored_months',
    $$values ('03 AHU01 4 4'), ('03 AHU02 3 3')$$,
    'and to its month'
);
select results_eq(
    'select d.newest_reading from _ahu.daily_rollup as d where d.ahu_id = ''AHU01''',
    $$values ('2024-03-01 13:00+09'::timestamptz)$$,
    'and is the newest one'
);
select is_empty('select day from _ahu.pending_changes', 'nothing is pending');
call tap.add('2024-03-01 11:00+09', 'AHU01', 2);
call tap.add('2024-03-01 14:00+09', 'AHU01', 2);
select is(
    tap.refresh_alone(),
    'refreshed, days 1, keys 1, readings 8, quarantined 0, pending 0',
    'several statements are added at once, on what was added before'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 8 8'), ('03-01 AHU02 3 3')$$,
    'each with its readings and sums'
);
call tap.add('2024-03-01 10:00+09', 'AHU01', 1);
select tap.refresh_alone();
select results_eq(
    'select d.newest_reading from _ahu.daily_rollup as d where d.ahu_id = ''AHU01''',
    $$values ('2024-03-01 14:01+09'::timestamptz)$$,
    'an older reading leaves the newest one what it is'
);
call ahu.mark_changed('2024-03-01', '2024-03-01');
select tap.refresh_alone();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 9 108'), ('03-01 AHU02 3 102')$$,
    'what was done silently is seen when the days are read again'
);

select is(
    pg_temp.stored_after('call tap.add(''2024-03-01 13:00+09'', ''AHU03'', 2)'),
    '03-01 AHU01 4 4, 03-01 AHU02 3 3, 03-01 AHU03 2 2',
    'a key that is new is read, another of the day added to'
);
select is(
    pg_temp.stored_after(s.statement),
    s.stored,
    s.title
)
from (
    values
        (
            'an update beside it has the key read again, and no other',
            'update ahu_data.energy_readings set sf_cost_krw = 5 '
                'where ahu_id = ''AHU01'' and timestamp = ''2024-03-01 12:01+09''',
            '03-01 AHU01 4 107, 03-01 AHU02 3 3'
        ),
        (
            'so has a deletion',
            'delete from ahu_data.energy_readings '
                'where ahu_id = ''AHU01'' and timestamp = ''2024-03-01 12:01+09''',
            '03-01 AHU01 3 102, 03-01 AHU02 3 3'
        ),
        (
            'and the deletion of what was added',
            'delete from ahu_data.energy_readings '
                'where ahu_id = ''AHU01'' and timestamp = ''2024-03-01 13:00+09''',
            '03-01 AHU01 3 102, 03-01 AHU02 3 3'
        ),
        (
            'a reading of the other AHU that changes does not',
            'delete from ahu_data.energy_readings '
                'where ahu_id = ''AHU02'' and timestamp = ''2024-03-01 12:01+09''',
            '03-01 AHU01 4 4, 03-01 AHU02 2 101'
        ),
        (
            'to mark the key has it read again',
            'call ahu.mark_changed(''2024-03-01'', ''2024-03-01'', array[''AHU01''])',
            '03-01 AHU01 4 103, 03-01 AHU02 3 3'
        ),
        (
            'to mark the day has all of it read again',
            'call ahu.mark_changed(''2024-03-01'', ''2024-03-01'')',
            '03-01 AHU01 4 103, 03-01 AHU02 3 102'
        ),
        (
            'a summary that was written while raw had other parts is made anew',
            'update _ahu.daily_rollup set raw_parts = raw_parts # 1',
            '03-01 AHU01 4 103, 03-01 AHU02 3 3'
        ),
        (
            'and one of which that is not known',
            'update _ahu.daily_rollup set raw_parts = null',
            '03-01 AHU01 4 103, 03-01 AHU02 3 3'
        ),
        (
            'sums by another definition of the measures are not added',
            'update _ahu.pending_changes set summed_as = summed_as # 1',
            '03-01 AHU01 4 103, 03-01 AHU02 3 3'
        ),
        (
            'and where there are none the key is read again',
            'update _ahu.pending_changes set summed_as = null',
            '03-01 AHU01 4 103, 03-01 AHU02 3 3'
        ),
        (
            'of two statements the second without sums',
            'call tap.add(''2024-03-01 13:10+09'', ''AHU01'', 1); '
                'update _ahu.pending_changes set summed_as = null '
                'where newest_reading = ''2024-03-01 13:10+09''',
            '03-01 AHU01 5 104, 03-01 AHU02 3 3'
        ),
        (
            'nothing is added where a DBA has said so',
            'update ahu.settings set add_inserted = false',
            '03-01 AHU01 4 103, 03-01 AHU02 3 3'
        )
) as s (title, statement, stored);
update ahu.settings set add_inserted = true;

select is(
    pg_temp.stored_after(
        'insert into _ahu.quarantine (day, ahu_id, stored_readings, raw_readings, net_readings) '
            'values (''2024-03-01'', ''AHU01'', 3, 2, 0)'
    ),
    '03-01 AHU01 4 103, 03-01 AHU02 3 3',
    'a key in quarantine is read again'
);
select is(
    pg_temp.stored_after(
        'insert into _ahu.retained_summary (day, ahu_id, readings, newest_reading) '
            'values (''2024-03-01'', ''AHU01'', 7, ''2024-03-01 01:00+09'')'
    ),
    '03-01 AHU01 11 103, 03-01 AHU02 3 3',
    'so is one that has readings kept beside raw'
);
select is(
    pg_temp.stored_after(
        'set local session_replication_role = replica; '
            'delete from ahu_data.energy_readings where timestamp = ''2024-03-01 12:02+09''; '
            'set local session_replication_role = origin'
    ),
    '03-01 AHU01 3 102, 03-01 AHU02 3 3',
    'and one whose newest reading is not in raw any more'
);
select is(
    pg_temp.stored_after(
        'call tap.add(''2024-03-01 13:20+09'', ''AHU01'', 3); '
            'set local session_replication_role = replica; '
            'delete from ahu_data.energy_readings where timestamp = ''2024-03-01 13:21+09''; '
            'set local session_replication_role = origin'
    ),
    '03-01 AHU01 6 105, 03-01 AHU02 3 3',
    'and one of whose new readings one is gone again'
);
select is(
    pg_temp.stored_after(
        'alter table ahu_data.energy_readings rename sf_cost_krw to aside; '
            'alter table ahu_data.energy_readings rename electricity_cost_krw to sf_cost_krw; '
            'alter table ahu_data.energy_readings rename aside to electricity_cost_krw'
    ),
    '03-01 AHU01 4 103, 03-01 AHU02 3 3',
    'and one of a table whose columns have changed their names'
);
select is(
    pg_temp.stored_after(
        'alter table ahu_data.energy_readings alter column outdoor_humidity type double precision'
    ),
    '03-01 AHU01 4 103, 03-01 AHU02 3 3',
    'and all of them once a raw table was rewritten'
);
set local session_replication_role = replica;
update ahu_data.energy_readings
set sf_cost_krw = 1000
where timestamp = '2024-03-01 12:00+09';
set local session_replication_role = origin;
call tap.add('2024-03-01 15:00+09', 'AHU01', 1);
select tap.refresh_alone();
call tap.add('2024-03-01 16:00+09', 'AHU02', 1);
select tap.refresh_alone();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 5 104'), ('03-01 AHU02 4 1003')$$,
    'each of them once'
);

-- A key that is in doubt stays so until raw is believed again.
call pg_temp.start_over();
set local session_replication_role = replica;
delete from ahu_data.energy_readings
where timestamp = '2024-03-01 12:00+09';
set local session_replication_role = origin;
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01']);
select tap.refresh_alone();
select results_eq(
    $$
        select
            d.ahu_id,
            d.raw_parts = (select s.parts from _ahu.raw_state() as s)
        from _ahu.daily_rollup as d
        order by d.ahu_id
    $$,
    $$values ('AHU01', null::boolean), ('AHU02', true)$$,
    'a summary that is in doubt rests on nothing known, and no other'
);
call ahu.resolve_quarantine('2024-03-01', '2024-03-01', null, 'ignore');
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
select tap.refresh_alone();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 3 3'), ('03-01 AHU02 3 3')$$,
    'nothing is added to a summary that was in doubt'
);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01'], trust_raw => true);
select tap.refresh_alone();
call tap.add('2024-03-01 14:00+09', 'AHU01', 1);
select tap.refresh_alone();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 4 4'), ('03-01 AHU02 3 3')$$,
    'until raw is believed'
);

-- A refresh that is called before a statement's readings are logged has them already.
call pg_temp.start_over();
create function pg_temp.refresh_first()
returns trigger
language plpgsql
as $refresh_first$
begin
    execute 'call ahu.refresh_dashboard_views()';
    return null;
end
$refresh_first$;
create trigger a_first
    after insert on ahu_data.energy_readings
    for each statement execute function pg_temp.refresh_first();
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
call tap.add('2024-03-01 13:01+09', 'AHU01', 1);
drop trigger a_first on ahu_data.energy_readings;
select tap.refresh_alone();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 5 104'), ('03-01 AHU02 3 3')$$,
    'readings that were folded before they were logged are not added again'
);
call pg_temp.start_over();
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
call tap.add('2024-03-01 13:00+09', 'AHU01', 1);
select tap.refresh_alone();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 5 104'), ('03-01 AHU02 3 3')$$,
    'readings at one time are read again, for one of them would do for both'
);

-- Every measure by itself, known on either side or on none.
create temp table measured as
select
    m.side,
    m.at::timestamptz as at,
    m.known
from (
    values
        ('stored', '2024-03-02 12:00+09', 3.50),
        ('added', '2024-03-02 13:00+09', 0.125),
        ('added', '2024-03-02 13:01+09', -1)
) as m (side, at, known);
create procedure pg_temp.insert_side(side text)
language sql
as $insert_side$
    insert into ahu_data.energy_readings (
        timestamp, ahu_id, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw,
        electricity_cost_krw, hcv_steam_kwh, dh_hcv_steam_kwh, ccv_cold_water_kwh,
        pc_ccv_cold_water_kwh, sf_electricity_kwh
    )
    select
        m.at,
        a.ahu_id,
        m.known,
        case when m.side = 'stored' then m.known end,
        case when m.side = 'added' then m.known end,
        case when m.side = 'stored' then 7 end,
        null,
        m.known * 3,
        case when a.ahu_id = 'AHU01' then m.known end,
        'nan',
        case when m.side = 'added' then m.known * 5 end
    from measured as m
    cross join (values ('AHU01'), ('AHU02')) as a (ahu_id)
    where m.side = insert_side.side
$insert_side$;
create view pg_temp.all_values as
select
    d.*
from _ahu.daily_rollup as d
where d.day = '2024-03-02';
call pg_temp.insert_side('stored');
select tap.refresh_alone();
call pg_temp.insert_side('added');
select tap.refresh_alone();
create temp table added as
select
    v.*,
    v::text as as_text
from pg_temp.all_values as v;
select is(
    (select count(*) from added as a where a.readings = 3 and a.steam_cost = 2.625),
    2::bigint,
    'two keys were added to'
);
call ahu.mark_changed('2024-03-02', '2024-03-02');
select tap.refresh_alone();
select results_eq(
    'select v::text from pg_temp.all_values as v order by v.ahu_id',
    'select a.as_text from added as a order by a.ahu_id',
    'and read again all their values are the same, to the last digit'
);

-- As many keys as come, in one refresh.
call pg_temp.start_over();
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    d.day::timestamp at time zone 'Asia/Seoul' + interval '1 hour',
    'AHU' || a.number,
    1
from generate_series('2024-04-01'::date, '2024-05-10', '1 day') as d (day)
cross join generate_series(1, 50) as a (number);
select tap.refresh_alone();
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    d.day::timestamp at time zone 'Asia/Seoul' + interval '2 hours',
    'AHU' || a.number,
    a.number
from generate_series('2024-04-01'::date, '2024-05-10', '1 day') as d (day)
cross join generate_series(1, 50) as a (number);
select is(
    tap.refresh_alone(),
    'refreshed, days 40, keys 2000, readings 4000, quarantined 0, pending 0',
    'two thousand keys of forty days are added to'
);
select is(
    (
        select
            sum(d.electricity_cost)
        from _ahu.daily_rollup as d
        where d.day >= '2024-04-01'
    ),
    40 * (50 + 50 * 51 / 2)::numeric,
    'and add up'
);

select * from finish();
