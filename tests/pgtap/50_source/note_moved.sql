-- What a reading that moves leaves in the log, when the raw table is partitioned: nothing but the
-- row trigger is at work here.
select plan(27);

create table ahu_data.parted (like ahu_data.energy_readings) partition by range (timestamp);
create table ahu_data.parted_2024_01 partition of ahu_data.parted
for values from ('2024-01-01 00:00+09') to ('2024-02-01 00:00+09');
create table ahu_data.parted_2024_02 partition of ahu_data.parted
for values from ('2024-02-01 00:00+09') to ('2024-03-01 00:00+09');
create table ahu_data.parted_else partition of ahu_data.parted default;
update _ahu.source
set table_name = 'parted';
call tap.track('note_moved');

call tap.fill_parted();
update ahu_data.parted
set sf_cost_krw = 9
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select is_empty(
    'select tap.take_keys()',
    'readings that stay where they are log nothing here'
);

call tap.fill_parted();
update ahu_data.parted
set timestamp = timestamp + interval '1 second'
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:0')
    $$,
    'readings that move within their day leave it and come back to it'
);

call tap.fill_parted();
update ahu_data.parted
set timestamp = timestamp + interval '1 day'
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-01-11 AHU01:3')
    $$,
    'readings that move to another day of one partition leave one key and come to the other'
);

call tap.fill_parted();
update ahu_data.parted
set timestamp = timestamp + interval '31 days'
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-02-10 AHU01:3')
    $$,
    'readings that move to another partition leave one key and come to the other'
);

call tap.fill_parted();
update ahu_data.parted
set ahu_id = 'AHU09'
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-01-10 AHU09:3')
    $$,
    'readings that move to another AHU leave one key and come to the other'
);

call tap.fill_parted();
update ahu_data.parted
set ahu_id = null
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3')
    $$,
    'readings that lose their AHU leave their key'
);

call tap.fill_parted();
update ahu_data.parted
set timestamp = 'infinity'
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3')
    $$,
    'readings that lose their day leave their key'
);

call tap.fill_parted();
update ahu_data.parted
set timestamp = null
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3')
    $$,
    'readings that lose their time leave their key'
);

call tap.fill_parted();
update ahu_data.parted
set ahu_id = 'AHU04'
where ahu_id is null;
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU04:1')
    $$,
    'a reading that gets an AHU comes to its key'
);

call tap.fill_parted();
update ahu_data.parted
set timestamp = '2024-02-11 00:00+09'
where timestamp is null;
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-02-11 AHU01:1')
    $$,
    'a reading that gets a time comes to its key'
);

call tap.fill_parted();
update ahu_data.parted
set timestamp = '-infinity'
where ahu_id is null;
select is_empty(
    'select tap.take_keys()',
    'a reading that belonged to no key and belongs to none logs nothing'
);

call tap.fill_parted();
set local timezone = 'America/Los_Angeles';
update ahu_data.parted
set timestamp = '2024-01-10 23:59+09'
where ahu_id = 'AHU02';
update ahu_data.parted
set timestamp = '2024-01-11 00:00+09'
where ahu_id = 'AHU02';
reset timezone;
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU02:-1'),
            ('update 2024-01-11 AHU02:1')
    $$,
    'days are the site''s, whatever the session''s TimeZone'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set sf_cost_krw = 9
$$);
select is_empty(
    'select tap.take_keys()',
    'a MERGE that revises in place logs nothing here'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set timestamp = r.timestamp + interval '1 day'
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-01-11 AHU01:3')
    $$,
    'a MERGE that moves to another day counts in both keys'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set ahu_id = 'AHU09'
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-01-10 AHU09:3')
    $$,
    'a MERGE that moves to another AHU, and inserts, counts what it moved'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set timestamp = r.timestamp + interval '31 days'
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-02-10 AHU01:3')
    $$,
    'a MERGE that moves to another partition counts in both keys'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set timestamp = r.timestamp + interval '31 days'
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-02-10 AHU01:3')
    $$,
    'so does one that inserts as well'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set timestamp = r.timestamp + interval '31 days'
    when matched and not s.is_meant then delete
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-02-10 AHU01:3')
    $$,
    'so does one that inserts and deletes as well'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and not s.is_meant then delete
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select is_empty(
    'select tap.take_keys()',
    'a MERGE that inserts and deletes logs nothing here'
);

call tap.fill_parted();
update ahu_data.parted_2024_01
set ahu_id = 'AHU09'
where ahu_id = 'AHU02';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU02:-1'),
            ('update 2024-01-10 AHU09:1')
    $$,
    'a reading that is moved in its partition, past the table, is logged too'
);

call tap.fill_parted();
update ahu_data.parted
set timestamp = timestamp + interval '31 days',
    sf_cost_krw = 9
where ahu_id = 'AHU02';
select results_eq(
    'select tableoid::regclass::text, timestamp, sf_cost_krw from ahu_data.parted
        where ahu_id = ''AHU02''',
    $$values ('ahu_data.parted_2024_02', '2024-02-10 12:01+09'::timestamptz, 9::numeric)$$,
    'the reading itself is moved as the writer said'
);

-- A trigger of the site's own that changes the row as well: ours sees what it made of it.
create function pg_temp.next_day()
returns trigger
language plpgsql
as $next_day$
begin
    new.timestamp := new.timestamp + interval '1 day';
    return new;
end
$next_day$;
create trigger site_trigger before update on ahu_data.parted
for each row execute function pg_temp.next_day();

call tap.fill_parted();
update ahu_data.parted
set sf_cost_krw = 9
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-01-11 AHU01:3')
    $$,
    'what the site''s own triggers make of a row is what counts'
);

-- What else partitions go by, the trigger is told by its arguments.
drop trigger site_trigger on ahu_data.parted;
drop trigger zz_ahu_note_moved on ahu_data.parted;
create trigger zz_ahu_note_moved before update on ahu_data.parted
for each row execute function _ahu.note_moved('sf_cost_krw', 'hcv_steam_kwh');

call tap.fill_parted();
update ahu_data.parted
set hcv_steam_kwh = 9
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:0')
    $$,
    'a reading that changes a column that is named leaves its key and comes back to it'
);
update ahu_data.parted
set hcv_steam_kwh = null
where ahu_id = 'AHU01'
    and timestamp = '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:0')
    $$,
    'so does one that loses it'
);
update ahu_data.parted
set dh_hcv_steam_kwh = 9,
    hcv_steam_kwh = hcv_steam_kwh,
    ahu_id = ahu_id;
select is_empty(
    'select tap.take_keys()',
    'one that changes others, or sets those to what they were, logs nothing'
);
update ahu_data.parted
set ahu_id = 'AHU09'
where ahu_id = 'AHU02';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU02:-1'),
            ('update 2024-01-10 AHU09:1')
    $$,
    'one that changes its key is logged whatever is named'
);

drop trigger zz_ahu_note_moved on ahu_data.parted;
create trigger zz_ahu_note_moved before update on ahu_data.parted
for each row execute function _ahu.note_moved('*');
update ahu_data.parted
set sf_cost_krw = sf_cost_krw
where ahu_id = 'AHU09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU09:0')
    $$,
    'a * says that any update may move a reading'
);

select * from finish();
