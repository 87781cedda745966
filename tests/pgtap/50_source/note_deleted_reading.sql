-- DELETE of a hypertable, which is pretended here: each reading is counted as it goes.
select plan(14);

select is_empty(
    'select trigger_name from _ahu.wanted_triggers() where call = ''_ahu.note_deleted_reading()''',
    'a plain table does without'
);
call tap.pretend_timescaledb('2.19.3', 'apache');
insert into _timescaledb_catalog.hypertable (schema_name, table_name)
values ('ahu_data', 'energy_readings');
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
            ('ahu_note_deleted', 'after delete on x for each row', '_ahu.note_deleted_reading()'),
            ('ahu_note_truncated',
                'after truncate on x for each statement',
                '_ahu.note_truncated()')
    $$,
    'a hypertable wants it for DELETE, and the other triggers like any table'
);
select ok(not _ahu.is_tracked(), 'with the trigger of a plain table it is not tracked');
drop trigger ahu_note_deleted on ahu_data.energy_readings;
call tap.track('deleted');
select ok(_ahu.is_tracked(), 'and is with its own');
create table ahu_data.chunk () inherits (ahu_data.energy_readings);
select ok(_ahu.is_tracked(), 'though it has chunks, which are children by inheritance');
alter table ahu_data.energy_readings drop column outdoor_humidity;
select ok(
    not _ahu.is_tracked(),
    'but not when a column was dropped that displaces what triggers see'
);

-- From here on it is a chunk itself.
create table ahu_data.hypertable (like ahu_data.energy_readings);
alter table ahu_data.energy_readings inherit ahu_data.hypertable;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-02-29 23:59:59.999999+09', 'AHU01'),
    ('2024-03-01 00:00+09', 'AHU01'),
    ('2024-03-01 12:00+09', 'AHU01'),
    ('2024-03-01 12:00+09', 'AHU02'),
    ('2024-03-01 12:00+09', ''),
    ('2024-03-01 12:00+09', null),
    (null, 'AHU01'),
    ('infinity', 'AHU01'),
    ('-infinity', 'AHU01'),
    ('0001-01-01 12:00+00', 'AHU01'),
    ('9999-12-31 12:00+00', 'AHU01'),
    ('2024-03-09 12:00+09', 'AHU01');
delete from _ahu.pending_changes;
set local timezone = 'America/Los_Angeles';
set local role ahu_write;
delete from ahu_data.energy_readings
where timestamp is distinct from '2024-03-09 12:00+09';
reset role;
reset timezone;
select is(
    (select count(*) from _ahu.pending_changes as p),
    5::bigint,
    'each reading that has a day and an AHU is one entry'
);
select results_eq(
    'select tap.take_keys()',
    $$
        values
            ('delete 2024-02-29 AHU01:-1'),
            ('delete 2024-03-01 :-1'),
            ('delete 2024-03-01 AHU01:-2'),
            ('delete 2024-03-01 AHU02:-1')
    $$,
    'each key has lost its readings, by the site''s days and whatever the session''s TimeZone'
);
delete from ahu_data.energy_readings
where ahu_id = 'AHU99';
select is_empty('select tap.take_log()', 'a DELETE that finds nothing logs nothing');
delete from ahu_data.energy_readings;
select results_eq(
    'select tap.take_log()',
    'values (''delete 2024-03-09 AHU01:-1'')',
    'the AHU is named, and one reading counted'
);

call tap.add('2024-03-01 00:00+09', 'AHU01', 5);
call ahu.refresh_dashboard_views();
delete from ahu_data.energy_readings
where timestamp < '2024-03-01 00:02+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 3 3')$$,
    'that is evidence enough for a refresh'
);
delete from ahu_data.energy_readings
where timestamp < '2024-03-01 00:03+09';
call tap.drop_silently('timestamp < ''2024-03-01 00:04+09''');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 3 raw 1 net -1')$$,
    'and for no reading more'
);

alter table ahu_data.energy_readings no inherit ahu_data.hypertable;
call tap.add('2024-03-02 12:00+09', 'AHU01', 2);
delete from _ahu.pending_changes;
delete from ahu_data.energy_readings
where timestamp = '2024-03-02 12:00+09';
select is_empty(
    'select tap.take_log()', 'a chunk that was detached keeps the trigger and logs nothing'
);
alter table ahu_data.energy_readings inherit ahu_data.hypertable;
delete from ahu_data.energy_readings
where timestamp = '2024-03-02 12:01+09';
select results_eq(
    'select tap.take_log()',
    $$values ('delete 2024-03-02 AHU01:-1')$$,
    'and does again when it is attached again'
);

select * from finish();
