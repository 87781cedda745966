-- Which table TimescaleDB keeps in chunks: by its own catalog, pretended here.
select plan(8);

select ok(
    not _ahu.is_hypertable('ahu_data.energy_readings'),
    'without TimescaleDB no table is a hypertable'
);
select volatility_is(
    '_ahu', 'is_hypertable', array['regclass'], 'stable', 'asking writes nothing'
);
create schema _timescaledb_catalog;
create function _timescaledb_catalog.trap()
returns name
language plpgsql
as $trap$
begin
    raise exception 'somebody else''s view was read';
end
$trap$;
create view _timescaledb_catalog.hypertable as
select
    'ahu_data'::name as schema_name,
    _timescaledb_catalog.trap() as table_name;
select throws_ok(
    'select * from _timescaledb_catalog.hypertable',
    'P0001',
    'somebody else''s view was read',
    'anybody may make a view of that name'
);
select is(
    _ahu.is_hypertable('ahu_data.energy_readings'),
    false,
    'which without TimescaleDB is never read'
);
drop schema _timescaledb_catalog cascade;
call tap.pretend_timescaledb('2.19.3', 'apache');
select ok(
    not _ahu.is_hypertable('ahu_data.energy_readings'),
    'with it a plain table is none'
);
create schema elsewhere;
create table elsewhere.energy_readings (n integer);
insert into _timescaledb_catalog.hypertable (schema_name, table_name)
values ('elsewhere', 'energy_readings');
select ok(
    not _ahu.is_hypertable('ahu_data.energy_readings'),
    'a hypertable of the same name in another schema is another one'
);
create table elsewhere."Odd, Name" (n integer);
insert into _timescaledb_catalog.hypertable (schema_name, table_name)
values
    ('ahu_data', 'energy_readings'),
    ('elsewhere', 'Odd, Name');
select ok(
    _ahu.is_hypertable('ahu_data.energy_readings'),
    'one that its catalog names is one'
);
select ok(
    _ahu.is_hypertable('elsewhere."Odd, Name"'),
    'whatever its name'
);

select * from finish();
