-- What an UPDATE of a partitioned raw table leaves in the log, apart from what it moves: nothing
-- but the statement trigger is at work here.
select plan(11);

create table ahu_data.parted (like ahu_data.energy_readings) partition by range (timestamp);
create table ahu_data.parted_2024_01 partition of ahu_data.parted
for values from ('2024-01-01 00:00+09') to ('2024-02-01 00:00+09');
create table ahu_data.parted_2024_02 partition of ahu_data.parted
for values from ('2024-02-01 00:00+09') to ('2024-03-01 00:00+09');
create table ahu_data.parted_else partition of ahu_data.parted default;
update _ahu.source
set table_name = 'parted';
call tap.track('note_revised');

call tap.fill_parted();
update ahu_data.parted
set sf_cost_krw = 9
where ahu_id = 'AHU01'
    and timestamp between '2024-01-10 12:01+09' and '2024-01-10 12:03+09';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'readings that are revised name their key, which may not shrink for that'
);

call tap.fill_parted();
update ahu_data.parted
set sf_cost_krw = 9
where true;
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01'),
            ('update 2024-01-10 AHU02'),
            ('update 2024-02-20 AHU01')
    $$,
    'each key of each partition is named; readings that belong to none name none'
);

call tap.fill_parted();
update ahu_data.parted
set sf_cost_krw = 9
where false;
select is_empty(
    'select tap.take_keys()',
    'an update of no reading logs nothing'
);

call tap.fill_parted();
update ahu_data.parted
set sf_cost_krw = 9
where ahu_id is null
    or timestamp is null;
select is_empty(
    'select tap.take_keys()',
    'readings that belong to no key log nothing'
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
            ('update 2024-01-10 AHU01')
    $$,
    'of readings that move to another day, the old key is named'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set sf_cost_krw = 9
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'a MERGE that revises in place names the key'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set sf_cost_krw = 9
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'and no other key when it inserts readings between'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set sf_cost_krw = 9
    when matched and not s.is_meant then delete
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01')
    $$,
    'nor when it deletes some as well'
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
set local timezone = 'America/Los_Angeles';
update ahu_data.parted
set sf_cost_krw = 9
where ahu_id = 'AHU02';
reset timezone;
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU02')
    $$,
    'days are the site''s, whatever the session''s TimeZone'
);

call tap.fill_parted();
update ahu_data.parted
set sf_cost_krw = 9;
select results_eq(
    'select day, cardinality(ahu_ids), trust_raw from _ahu.pending_changes order by day',
    $$values ('2024-01-10'::date, 2, false), ('2024-02-20', 1, false)$$,
    'one entry for each day names each AHU once, and does not say that raw is to be trusted'
);

select * from finish();
