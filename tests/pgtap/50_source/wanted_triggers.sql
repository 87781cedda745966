-- The triggers that a plain and a partitioned raw table want, and what they log together.
select plan(38);

select volatility_is('_ahu', 'wanted_triggers', array[]::text[], 'stable', 'asking writes nothing');
select set_eq(
    $$
        select
            w.trigger_name,
            replace(w.occasion, '%s', 'x'),
            w.call
        from _ahu.wanted_triggers() as w
    $$,
    $$
        values
            ('ahu_note_inserted',
                'after insert on x referencing new table as new_rows for each statement',
                '_ahu.note_inserted()'),
            ('ahu_note_updated',
                'after update on x referencing old table as old_rows new table as new_rows '
                'for each statement',
                '_ahu.note_updated()'),
            ('ahu_note_deleted',
                'after delete on x referencing old table as old_rows for each statement',
                '_ahu.note_deleted()'),
            ('ahu_note_truncated',
                'after truncate on x for each statement',
                '_ahu.note_truncated()')
    $$,
    'a plain table wants four triggers, none of which runs once per reading'
);

create table ahu_data.parted (like ahu_data.energy_readings) partition by range (timestamp);
create table ahu_data.parted_2024_01 partition of ahu_data.parted
for values from ('2024-01-01 00:00+09') to ('2024-02-01 00:00+09');
create table ahu_data.parted_2024_02 partition of ahu_data.parted
for values from ('2024-02-01 00:00+09') to ('2024-03-01 00:00+09');
create table ahu_data.parted_else partition of ahu_data.parted default;
update _ahu.source
set table_name = 'parted';

select set_eq(
    $$
        select
            w.trigger_name,
            replace(w.occasion, '%s', 'x'),
            w.call
        from _ahu.wanted_triggers() as w
    $$,
    $$
        values
            ('ahu_note_inserted',
                'after insert on x referencing new table as new_rows for each statement',
                '_ahu.note_inserted()'),
            ('ahu_note_revised',
                'after update on x referencing old table as old_rows for each statement',
                '_ahu.note_revised()'),
            ('zz_ahu_note_moved', 'before update on x for each row', '_ahu.note_moved()'),
            ('ahu_note_action',
                'before insert or delete on x for each statement',
                '_ahu.note_action()'),
            ('ahu_note_action_done',
                'after insert or delete on x for each statement',
                '_ahu.note_action()'),
            ('ahu_note_deleted',
                'after delete on x referencing old table as old_rows for each statement',
                '_ahu.note_deleted()'),
            ('ahu_note_truncated',
                'after truncate on x for each statement',
                '_ahu.note_truncated()')
    $$,
    'a partitioned table wants seven, one of which runs once per reading that is updated'
);
call tap.track();
select is_empty(
    $$
        select
            t.tgname
        from pg_trigger as t
        where t.tgrelid in (select p.relid from pg_partition_tree('ahu_data.parted') as p)
            and t.tgqual is not null
    $$,
    'none of them has a WHEN clause'
);
select set_eq(
    $$
        select
            t.tgrelid::regclass::text,
            t.tgname::text
        from pg_trigger as t
        where t.tgrelid in (select p.relid from pg_partition_tree('ahu_data.parted') as p)
            and t.tgtype & 1 = 1
    $$,
    $$
        values
            ('ahu_data.parted', 'zz_ahu_note_moved'),
            ('ahu_data.parted_2024_01', 'zz_ahu_note_moved'),
            ('ahu_data.parted_2024_02', 'zz_ahu_note_moved'),
            ('ahu_data.parted_else', 'zz_ahu_note_moved')
    $$,
    'that one is on each partition too'
);

call tap.fill_parted();
insert into ahu_data.parted (timestamp, ahu_id)
values
    ('2024-01-11 12:00+09', 'AHU01'),
    ('2024-02-11 12:00+09', 'AHU01');
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('insert 2024-01-11 AHU01:1'),
            ('insert 2024-02-11 AHU01:1')
    $$,
    'INSERT: what came, in whatever partition'
);

call tap.fill_parted();
delete from ahu_data.parted
where ahu_id = 'AHU01';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('delete 2024-01-10 AHU01:-4'),
            ('delete 2024-02-20 AHU01:-1')
    $$,
    'DELETE: what went, in whatever partition'
);

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
    'UPDATE in place: the key, and nothing counted'
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
    'UPDATE that moves to another day: -3 here, +3 there'
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
    'UPDATE that moves to another partition: -3 here, +3 there, no insert and no delete'
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
    'UPDATE that moves to another AHU: -3 here, +3 there'
);

call tap.fill_parted();
create unique index on ahu_data.parted (timestamp, ahu_id);
insert into ahu_data.parted (timestamp, ahu_id)
values
    ('2024-01-10 12:01+09', 'AHU01'),
    ('2024-01-10 12:30+09', 'AHU01')
on conflict (timestamp, ahu_id) do update
set sf_cost_krw = 9;
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('insert 2024-01-10 AHU01:1'),
            ('update 2024-01-10 AHU01')
    $$,
    'upsert in place: what came is counted, what was there is not'
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
    'MERGE in place: the key, and nothing counted'
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
            ('delete 2024-01-10 AHU01:-1'),
            ('insert 2024-01-11 AHU03:1'),
            ('update 2024-01-10 AHU01')
    $$,
    'MERGE in place that inserts and deletes as well: only these are counted'
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
    'MERGE that moves to another day: -3 here, +3 there'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set timestamp = r.timestamp + interval '1 day'
    when matched and not s.is_meant then delete
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('delete 2024-01-10 AHU01:-1'),
            ('insert 2024-01-11 AHU03:1'),
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-01-11 AHU01:3')
    $$,
    'and what it inserts and deletes as well is counted apart'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and s.is_meant then update set ahu_id = 'AHU09'
    when matched and not s.is_meant then delete
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('delete 2024-01-10 AHU01:-1'),
            ('insert 2024-01-11 AHU03:1'),
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-01-10 AHU09:3')
    $$,
    'MERGE that moves to another AHU, inserts and deletes: each is counted apart'
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
    'MERGE that moves to another partition: -3 here, +3 there'
);

call tap.fill_parted();
call tap.merge_into_parted($$
    when matched and not s.is_meant then delete
    when not matched then insert (timestamp, ahu_id) values (s.at, 'AHU03')
$$);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('delete 2024-01-10 AHU01:-1'),
            ('insert 2024-01-11 AHU03:1')
    $$,
    'MERGE that only inserts and deletes: -1 and +1'
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
            ('insert 2024-01-11 AHU03:1'),
            ('insert 2024-02-10 AHU01:3'),
            ('update 2024-01-10 AHU01:-3'),
            ('update 2024-02-10 AHU01:0')
    $$,
    'MERGE that moves to another partition and inserts as well: -3 here, +3 there'
);

-- Levels of partitions that go by another column, or by an expression.
create function pg_temp.wanted_call()
returns text
language sql
as $wanted_call$
    select
        w.call
    from _ahu.wanted_triggers() as w
    where w.trigger_name = 'zz_ahu_note_moved'
$wanted_call$;

-- And those that the raw table has, of another call or none.
create function pg_temp.unlike_wanted()
returns setof text
language sql
as $unlike_wanted$
    select
        w.trigger_name
    from _ahu.source as s
    cross join _ahu.wanted_triggers() as w
    left join pg_trigger as t
        on t.tgrelid = format('%I.%I', s.table_schema, s.table_name)::regclass
        and t.tgname = w.trigger_name
    where right(pg_get_triggerdef(t.oid), length(w.call)) is distinct from w.call
$unlike_wanted$;

create table ahu_data.listed (like ahu_data.energy_readings, "50% o'Building" text)
partition by list ("50% o'Building");
create table ahu_data.listed_north partition of ahu_data.listed for values in ('north');
create table ahu_data.listed_south partition of ahu_data.listed for values in ('south');
update _ahu.source
set table_name = 'listed';
select is(
    pg_temp.wanted_call(),
    '_ahu.note_moved(''50% o''''Building'')',
    'a column that a level goes by is named, whatever it is called'
);
call tap.track();
select is_empty(
    'select pg_temp.unlike_wanted()',
    'the catalogue says of each trigger that it calls what was wanted'
);
insert into ahu_data.listed (timestamp, ahu_id, "50% o'Building")
values
    ('2024-01-10 12:00+09', 'AHU01', 'north'),
    ('2024-01-10 12:01+09', 'AHU01', 'north');
delete from _ahu.pending_changes;
merge into ahu_data.listed as r
using (values ('2024-01-10 12:00+09'::timestamptz)) as s (at)
    on r.timestamp = s.at
when matched then update set "50% o'Building" = 'south';
select results_eq(
    'select tap.take_keys()',
    $$values ('update 2024-01-10 AHU01:0')$$,
    'a MERGE that moves a reading by such a column, and not to another key, names the key'
);
update ahu_data.listed
set "50% o'Building" = case "50% o'Building" when 'north' then 'south' else 'north' end;
select results_eq(
    'select tap.take_keys()',
    $$values ('update 2024-01-10 AHU01:0')$$,
    'so does an UPDATE'
);
update ahu_data.listed
set sf_cost_krw = 9;
select results_eq(
    'select tap.take_keys()',
    $$values ('update 2024-01-10 AHU01')$$,
    'one that leaves it as it is counts nothing'
);

create table ahu_data.ranged (like ahu_data.energy_readings, building text)
partition by range (timestamp);
update _ahu.source
set table_name = 'ranged';
call tap.track();
create table ahu_data.ranged_2024 partition of ahu_data.ranged
for values from ('2024-01-01 00:00+09') to ('2025-01-01 00:00+09')
partition by list (building);
create table ahu_data.ranged_2024_north partition of ahu_data.ranged_2024 for values in ('north');
select is(
    pg_temp.wanted_call(),
    '_ahu.note_moved(''building'')',
    'a column that only a lower level goes by is named too'
);
select results_eq(
    'select pg_temp.unlike_wanted()',
    $$values ('zz_ahu_note_moved')$$,
    'a level that came after the triggers makes that one differ from what is wanted, and no other'
);
drop trigger zz_ahu_note_moved on ahu_data.ranged;
call tap.track('zz_ahu_note_moved');
select is_empty('select pg_temp.unlike_wanted()', 'until it is created anew');
drop table ahu_data.ranged_2024;
select is(
    pg_temp.wanted_call(),
    '_ahu.note_moved()',
    'and not when that level is gone'
);
create table ahu_data.ranged_2024 partition of ahu_data.ranged
for values from ('2024-01-01 00:00+09') to ('2025-01-01 00:00+09');
select lives_ok(
    'alter table ahu_data.ranged drop column building',
    'then its column can be dropped, though the trigger still names it'
);
insert into ahu_data.ranged (timestamp, ahu_id)
values ('2024-01-10 12:00+09', 'AHU01');
delete from _ahu.pending_changes;
update ahu_data.ranged
set sf_cost_krw = 9;
update ahu_data.ranged
set timestamp = timestamp + interval '1 day';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU01:-1'),
            ('update 2024-01-11 AHU01:1')
    $$,
    'and changes are logged as before'
);

create table ahu_data.hashed (like ahu_data.energy_readings)
partition by hash ((sf_cost_krw::integer), ahu_id);
create table ahu_data.hashed_0 partition of ahu_data.hashed
for values with (modulus 2, remainder 0);
create table ahu_data.hashed_1 partition of ahu_data.hashed
for values with (modulus 2, remainder 1);
update _ahu.source
set table_name = 'hashed';
select is(
    pg_temp.wanted_call(),
    '_ahu.note_moved(''*'')',
    'where a level goes by an expression, each update may move a reading'
);
call tap.track();
insert into ahu_data.hashed (timestamp, ahu_id, sf_cost_krw)
select
    '2024-01-10 12:00+09'::timestamptz + g.n * interval '1 minute',
    'AHU01',
    g.n
from generate_series(1, 16) as g (n);
delete from _ahu.pending_changes;
create temp table places as
select
    r.tableoid as place,
    r.timestamp
from ahu_data.hashed as r;
merge into ahu_data.hashed as r
using (select g.n from generate_series(1, 16) as g (n)) as s
    on r.sf_cost_krw = s.n
when matched then update set sf_cost_krw = s.n + 100;
select isnt_empty(
    $$
        select
            p.timestamp
        from pg_temp.places as p
        join ahu_data.hashed as r
            on r.timestamp = p.timestamp
            and r.tableoid <> p.place
    $$,
    'a MERGE of values alone moves some of them to another partition'
);
select results_eq(
    'select tap.take_keys()',
    $$values ('update 2024-01-10 AHU01:0')$$,
    'which names their key, and leaves it no room to shrink'
);

-- The site's own changes of the table are not in our way.
create table ahu_data.retyped (like ahu_data.energy_readings) partition by range (timestamp);
create table ahu_data.retyped_2024 partition of ahu_data.retyped
for values from ('2024-01-01 00:00+09') to ('2025-01-01 00:00+09');
update _ahu.source
set table_name = 'retyped';
call tap.track();
insert into ahu_data.retyped (timestamp, ahu_id)
values ('2024-01-10 12:00+09', 'AHU02');
select lives_ok(
    'alter table ahu_data.retyped alter column ahu_id type varchar(20)',
    'the AHU column of a partitioned table may get another type'
);
delete from _ahu.pending_changes;
update ahu_data.retyped
set ahu_id = 'AHU09'
where ahu_id = 'AHU02';
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('update 2024-01-10 AHU02:-1'),
            ('update 2024-01-10 AHU09:1')
    $$,
    'and what moves is logged as before'
);

-- What does without.
update _ahu.source
set tracking = 'lookback';
select is_empty('select trigger_name from _ahu.wanted_triggers()', 'under lookback none is wanted');
update _ahu.source
set tracking = 'triggers',
    strategy = 'native';
select is_empty(
    'select trigger_name from _ahu.wanted_triggers()', 'nor under the strategy native'
);

select * from finish();
