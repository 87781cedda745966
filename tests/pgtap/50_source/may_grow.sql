-- Whether a hypertable, pretended here, can be given another chunk with our row trigger.
select plan(11);

select ok(_ahu.may_grow('ahu_data.energy_readings'), 'a plain table has no chunks');
select ok(_ahu.may_grow(null), 'nor has a table that is not there');
select volatility_is('_ahu', 'may_grow', array['regclass'], 'stable', 'asking writes nothing');

create role site_owner;
alter table ahu_data.energy_readings owner to site_owner;
select ok(_ahu.may_grow('ahu_data.energy_readings'), 'whoever owns a plain table');
call tap.pretend_timescaledb('2.19.3', 'apache');
insert into _timescaledb_catalog.hypertable (schema_name, table_name)
values ('ahu_data', 'energy_readings');
drop trigger ahu_note_deleted on ahu_data.energy_readings;
call tap.track('deleted');
select ok(
    not _ahu.may_grow('ahu_data.energy_readings'),
    'the owner of a hypertable comes without rights on ours'
);
select ok(not _ahu.is_tracked(), 'and its changes are not tracked');
grant usage on schema _ahu to site_owner;
select ok(not _ahu.may_grow('ahu_data.energy_readings'), 'usage of our schema is not enough');
revoke usage on schema _ahu from site_owner;
grant execute on function _ahu.note_deleted_reading() to site_owner;
select ok(not _ahu.may_grow('ahu_data.energy_readings'), 'nor is the trigger''s function');
grant usage on schema _ahu to site_owner;
select ok(_ahu.may_grow('ahu_data.energy_readings'), 'both are');
select ok(_ahu.is_tracked(), 'and its changes are tracked');
create role other_owner superuser;
alter table ahu_data.energy_readings owner to other_owner;
select ok(_ahu.may_grow('ahu_data.energy_readings'), 'a superuser needs no grants');

select * from finish();
