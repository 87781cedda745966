-- Where triggers of ours stand: on whatever table, and without the copies that come and go by
-- themselves.
select plan(8);

select volatility_is('_ahu', 'our_triggers', array[]::text[], 'stable', 'asking writes nothing');
create view pg_temp.ours as
select
    t.raw_table::text || ' ' || t.trigger_name as line
from _ahu.our_triggers() as t;
select set_eq(
    'select line from pg_temp.ours',
    $$
        values
            ('ahu_data.energy_readings ahu_note_deleted'),
            ('ahu_data.energy_readings ahu_note_inserted'),
            ('ahu_data.energy_readings ahu_note_truncated'),
            ('ahu_data.energy_readings ahu_note_updated')
    $$,
    'the raw table has four'
);

create function pg_temp.note_nothing()
returns trigger
language plpgsql
as 'begin return null; end';
create trigger ahu_note_something after insert on ahu_data.energy_readings
for each statement execute function pg_temp.note_nothing();
alter trigger ahu_note_updated on ahu_data.energy_readings rename to of_another_name;
alter table ahu_data.energy_readings rename to of_another_name;
select set_eq(
    'select line from pg_temp.ours',
    $$
        values
            ('ahu_data.of_another_name ahu_note_deleted'),
            ('ahu_data.of_another_name ahu_note_inserted'),
            ('ahu_data.of_another_name ahu_note_truncated'),
            ('ahu_data.of_another_name of_another_name')
    $$,
    'what makes a trigger ours is the function that it calls, not its name or its table''s'
);
alter table ahu_data.of_another_name rename to energy_readings;

create table ahu_data.parted (like ahu_data.energy_readings) partition by range (timestamp);
create table ahu_data.parted_else partition of ahu_data.parted default;
update _ahu.source
set table_name = 'parted';
call tap.track();
select set_eq(
    'select line from pg_temp.ours where line like ''%parted%''',
    $$
        values
            ('ahu_data.parted ahu_note_action'),
            ('ahu_data.parted ahu_note_action_done'),
            ('ahu_data.parted ahu_note_deleted'),
            ('ahu_data.parted ahu_note_inserted'),
            ('ahu_data.parted ahu_note_revised'),
            ('ahu_data.parted ahu_note_truncated'),
            ('ahu_data.parted zz_ahu_note_moved')
    $$,
    'copies on partitions are left out'
);

-- A chunk of TimescaleDB is a child by inheritance that has copies of its parent's row triggers.
create table ahu_data.chunk () inherits (ahu_data.energy_readings);
drop trigger ahu_note_deleted on ahu_data.energy_readings;
create trigger ahu_note_deleted after delete on ahu_data.energy_readings
for each row execute function _ahu.note_deleted_reading();
create trigger ahu_note_deleted after delete on ahu_data.chunk
for each row execute function _ahu.note_deleted_reading();
select is_empty(
    'select line from pg_temp.ours where line like ''%chunk%''',
    'copies on chunks are left out'
);
drop trigger ahu_note_deleted on ahu_data.energy_readings;
select set_eq(
    'select line from pg_temp.ours where line like ''%chunk%''',
    'values (''ahu_data.chunk ahu_note_deleted'')',
    'one that its parent has not is none of those'
);
drop trigger ahu_note_deleted on ahu_data.chunk;
create trigger ahu_note_inserted after insert on ahu_data.chunk
for each row execute function _ahu.note_deleted_reading();
select set_eq(
    'select line from pg_temp.ours where line like ''%chunk%''',
    'values (''ahu_data.chunk ahu_note_inserted'')',
    'nor is one that has but the name of its parent''s'
);
drop trigger ahu_note_inserted on ahu_data.chunk;
create trigger of_its_own after truncate on ahu_data.chunk
for each statement execute function _ahu.note_truncated();
select set_eq(
    'select line from pg_temp.ours where line like ''%chunk%''',
    'values (''ahu_data.chunk of_its_own'')',
    'nor one that has but the function'
);

select * from finish();
