-- When TimescaleDB shows triggers wrong rows: pretended here.
select plan(13);

select ok(
    not _ahu.blinds_triggers('ahu_data.energy_readings'),
    'a plain table shows its triggers what is there'
);
call tap.pretend_timescaledb('2.26.3', 'apache');
insert into _timescaledb_catalog.hypertable (schema_name, table_name)
values ('ahu_data', 'energy_readings');
-- Another table has lost one.
create table ahu_data.plain (n integer, gone integer);
alter table ahu_data.plain drop column gone;
select ok(
    not _ahu.blinds_triggers('ahu_data.energy_readings'),
    'so does a hypertable that no column was dropped from'
);
alter table ahu_data.energy_readings drop column outdoor_humidity;
select ok(
    _ahu.blinds_triggers('ahu_data.energy_readings'),
    'after a column was dropped it does not'
);
select ok(
    not _ahu.blinds_triggers('ahu_data.plain'),
    'a plain table never does'
);

create function pg_temp.blinds(version text)
returns boolean
language plpgsql
as $blinds$
begin
    update pg_extension
    set extversion = blinds.version
    where extname = 'timescaledb';
    return _ahu.blinds_triggers('ahu_data.energy_readings');
end
$blinds$;
select is(
    pg_temp.blinds(v.version),
    v.blinds,
    'TimescaleDB ' || v.version || case when v.blinds then ' errs' else ' is right' end
)
from (
    values
        ('2.18.0', true),
        ('2.9.3', true),
        ('2.26', true),
        ('2.26.3-dev', true),
        ('2.26.4', false),
        ('2.26.10', false),
        ('2.27.0-dev', false),
        ('2.27', false),
        ('3.0.0', false)
) as v (version, blinds);
select * from finish();
