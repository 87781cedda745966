-- Whoever writes readings has no right on anything of ours, and every kind of change is logged, of
-- every kind of raw table. A hypertable is pretended.
select plan(6);

create role site_writer;
grant usage on schema ahu_data to site_writer;
grant select, insert, update, delete, truncate on ahu_data.energy_readings to site_writer;
select throws_ok(
    'set local role site_writer; insert into _ahu.pending_changes (reason, day)
        values (''insert'', ''2024-03-01'')',
    '42501',
    'permission denied for schema _ahu',
    'a role of the site may not write to the log itself'
);
set local role site_writer;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-01 12:00+09', 'AHU01'), ('2024-03-02 12:00+09', 'AHU01');
update ahu_data.energy_readings
set ahu_id = 'AHU02';
delete from ahu_data.energy_readings
where timestamp < '2024-03-02 00:00+09';
reset role;
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('delete 2024-03-01 AHU02:-1'),
            ('insert 2024-03-01 AHU01:1'),
            ('insert 2024-03-02 AHU01:1'),
            ('update 2024-03-01 AHU01:-1'),
            ('update 2024-03-01 AHU02:1'),
            ('update 2024-03-02 AHU01:-1'),
            ('update 2024-03-02 AHU02:1')
    $$,
    'its changes of a plain table are logged'
);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values ('2024-03-02', 'AHU02', 1, '2024-03-02 12:00+09');
set local role site_writer;
truncate ahu_data.energy_readings;
reset role;
select results_eq(
    'select tap.take_log()',
    'values (''truncate 2024-03-02 every AHU'')',
    'so is its TRUNCATE'
);

alter table ahu_data.energy_readings rename to plain;
create table ahu_data.energy_readings (like ahu_data.plain)
partition by range (timestamp);
create table ahu_data.march partition of ahu_data.energy_readings default;
grant select, insert, update on ahu_data.energy_readings to site_writer;
call tap.track('revised|moved');
set local role site_writer;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-01 12:00+09', 'AHU01');
update ahu_data.energy_readings
set sf_cost_krw = 1;
reset role;
select results_eq(
    'select tap.take_keys()',
    'values (''update 2024-03-01 AHU01'')',
    'a reading of a partitioned table that it revises is'
);
set local role site_writer;
update ahu_data.energy_readings
set ahu_id = 'AHU02';
reset role;
select bag_has(
    'select tap.take_keys()',
    $$values ('update 2024-03-01 AHU02:1')$$,
    'so is one that it moves'
);

drop table ahu_data.energy_readings;
alter table ahu_data.plain rename to energy_readings;
call tap.pretend_timescaledb('2.19.3', 'apache');
insert into _timescaledb_catalog.hypertable (schema_name, table_name)
values ('ahu_data', 'energy_readings');
create table ahu_data.chunk () inherits (ahu_data.energy_readings);
create trigger ahu_note_deleted after delete on ahu_data.chunk
for each row execute function _ahu.note_deleted_reading();
insert into ahu_data.chunk (timestamp, ahu_id)
values ('2024-03-01 12:00+09', 'AHU01');
drop trigger ahu_note_deleted on ahu_data.energy_readings;
set local role site_writer;
delete from ahu_data.energy_readings;
reset role;
select results_eq(
    'select tap.take_keys()',
    'values (''delete 2024-03-01 AHU01:-1'')',
    'and a reading that it deletes from a chunk'
);

select * from finish();
