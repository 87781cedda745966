-- What an UPDATE of a partitioned raw table leaves in the log, apart from what it moves: nothing
-- but the statement trigger is at work here.
select plan(11);

-- Empties the log and tells it, a line for each key: reason, day, AHU and what was counted in all
-- its entries; without a number nothing was.
create function pg_temp.take_log()
returns setof text
language sql
as $take_log$
    with taken as (
        delete from _ahu.pending_changes
        returning reason, day, ahu_ids, net_readings
    )
    select
        concat_ws(
            ' ',
            t.reason,
            to_char(t.day, 'YYYY-MM-DD'),
            concat_ws(':', a.ahu_id, sum(a.net_readings))
        ) as line
    from taken as t
    cross join lateral unnest(t.ahu_ids, t.net_readings) as a (ahu_id, net_readings)
    group by
        t.reason,
        t.day,
        a.ahu_id
    order by line
$take_log$;

-- What 90_finish does, on whatever table the source names now.
create procedure pg_temp.track(triggers text default '.')
language plpgsql
as $track$
declare
    v_table regclass;
    v_row record;
begin
    select
        format('%I.%I', s.table_schema, s.table_name)::regclass
    into v_table
    from _ahu.source as s;

    for v_row in
        select
            w.trigger_name,
            w.occasion,
            w.call
        from _ahu.wanted_triggers() as w
        where w.trigger_name ~ track.triggers
    loop
        execute format(
            'create trigger %I ' || v_row.occasion || ' execute function %s',
            v_row.trigger_name,
            v_table,
            v_row.call
        );
    end loop;
end
$track$;

create table ahu_data.parted (like ahu_data.energy_readings) partition by range (timestamp);
create table ahu_data.parted_2024_01 partition of ahu_data.parted
for values from ('2024-01-01 00:00+09') to ('2024-02-01 00:00+09');
create table ahu_data.parted_2024_02 partition of ahu_data.parted
for values from ('2024-02-01 00:00+09') to ('2024-03-01 00:00+09');
create table ahu_data.parted_else partition of ahu_data.parted default;
update _ahu.source
set table_name = 'parted';
call pg_temp.track('note_revised');

-- On 10 January AHU01 has four readings and AHU02 one; AHU01 has one more in February. Each test
-- begins with these, and an empty log.
create procedure pg_temp.fill()
language plpgsql
as $fill$
begin
    delete from ahu_data.parted;
    insert into ahu_data.parted (timestamp, ahu_id, sf_cost_krw)
    values
        ('2024-01-10 12:01+09', 'AHU01', 1),
        ('2024-01-10 12:02+09', 'AHU01', 2),
        ('2024-01-10 12:03+09', 'AHU01', 3),
        ('2024-01-10 12:04+09', 'AHU01', 4),
        ('2024-01-10 12:01+09', 'AHU02', 5),
        ('2024-02-20 12:00+09', 'AHU01', 6),
        ('2024-01-10 12:00+09', null, 7),
        (null, 'AHU01', 8);
    delete from _ahu.pending_changes;
end
$fill$;

-- A MERGE of AHU01's first three readings of 10 January, of its fourth, and of one that is not
-- there.
create procedure pg_temp.merge(actions text)
language plpgsql
as $merge$
begin
    execute $sql$
        merge into ahu_data.parted as r
        using (
            values
                ('2024-01-10 12:01+09'::timestamptz, true),
                ('2024-01-11 12:00+09', false),
                ('2024-01-10 12:02+09', true),
                ('2024-01-10 12:03+09', true),
                ('2024-01-10 12:04+09', false)
        ) as s (at, is_meant)
            on r.timestamp = s.at
            and r.ahu_id = 'AHU01'
    $sql$ || actions;
end
$merge$;

call pg_temp.fill();
update ahu_data.parted
set sf_cost_krw = 9
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select pg_temp.take_log()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'readings that are revised name their key, which may not shrink for that'
);

call pg_temp.fill();
update ahu_data.parted
set sf_cost_krw = 9
where true;
select results_eq(
    'select pg_temp.take_log()',
    $$
        values
            ('update 2024-01-10 AHU01'),
            ('update 2024-01-10 AHU02'),
            ('update 2024-02-20 AHU01')
    $$,
    'each key of each partition is named; readings that belong to none name none'
);

call pg_temp.fill();
update ahu_data.parted
set sf_cost_krw = 9
where false;
select is_empty(
    'select pg_temp.take_log()',
    'an update of no reading logs nothing'
);

call pg_temp.fill();
update ahu_data.parted
set sf_cost_krw = 9
where ahu_id is null
    or timestamp is null;
select is_empty(
    'select pg_temp.take_log()',
    'readings that belong to no key log nothing'
);

call pg_temp.fill();
update ahu_data.parted
set timestamp = timestamp + interval '1 day'
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select pg_temp.take_log()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'of readings that move to another day, the old key is named'
);

call pg_temp.fill();
call pg_temp.merge($$
    when matched and s.is_meant then update set sf_cost_krw = 9
$$);
select results_eq(
    'select pg_temp.take_log()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'a MERGE that revises in place names the key'
);

call pg_temp.fill();
call pg_temp.merge($$
    when matched and s.is_meant then update set sf_cost_krw = 9
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select pg_temp.take_log()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'and no other key when it inserts readings between'
);

call pg_temp.fill();
call pg_temp.merge($$
    when matched and s.is_meant then update set sf_cost_krw = 9
    when matched and not s.is_meant then delete
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select pg_temp.take_log()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'nor when it deletes some as well'
);

call pg_temp.fill();
call pg_temp.merge($$
    when matched and not s.is_meant then delete
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select is_empty(
    'select pg_temp.take_log()',
    'a MERGE that inserts and deletes logs nothing here'
);

call pg_temp.fill();
set local timezone = 'America/Los_Angeles';
update ahu_data.parted
set sf_cost_krw = 9
where ahu_id = 'AHU02';
reset timezone;
select results_eq(
    'select pg_temp.take_log()',
    $$
        values
            ('update 2024-01-10 AHU02')
    $$,
    'days are the site''s, whatever the session''s TimeZone'
);

call pg_temp.fill();
update ahu_data.parted
set sf_cost_krw = 9;
select results_eq(
    'select day, cardinality(ahu_ids), trust_raw from _ahu.pending_changes order by day',
    $$values ('2024-01-10'::date, 2, false), ('2024-02-20', 1, false)$$,
    'one entry for each day names each AHU once, and does not say that raw is to be trusted'
);

select * from finish();
