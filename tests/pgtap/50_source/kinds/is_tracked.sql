-- Whether changes are tracked, of raw tables that have parts: partitions, and chunks of a
-- hypertable, pretended here.
select plan(6);

alter table ahu_data.energy_readings rename to plain;
create table ahu_data.energy_readings (like ahu_data.plain)
partition by range (timestamp);
create table ahu_data.readings_default partition of ahu_data.energy_readings default;
select ok(not _ahu.is_tracked(), 'a table without triggers is not tracked');
call tap.track();
select ok(_ahu.is_tracked(), 'a partitioned table with them is, though it has partitions');

drop table ahu_data.energy_readings;
alter table ahu_data.plain rename to energy_readings;
create table ahu_data.chunk () inherits (ahu_data.energy_readings);
select ok(not _ahu.is_tracked(), 'a plain table that has a child is not');
call tap.pretend_timescaledb('2.19.3', 'apache');
insert into _timescaledb_catalog.hypertable (schema_name, table_name)
values ('ahu_data', 'energy_readings');
select ok(not _ahu.is_tracked(), 'nor is a hypertable with the triggers of a plain one');
drop trigger ahu_note_deleted on ahu_data.energy_readings;
call tap.track('deleted');
select ok(_ahu.is_tracked(), 'with its own it is: its children are its chunks');
alter table ahu_data.energy_readings drop column outdoor_humidity;
select ok(not _ahu.is_tracked(), 'until they are shown wrong rows');

select * from finish();
