-- What a DELETE leaves in the log: how many readings left each key, counted by their own local day.
select plan(5);

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-03-01 00:00+09', 'AHU01'),
    ('2024-03-01 12:00+09', 'AHU01'),
    ('2024-03-01 23:59:59.999999+09', 'AHU01'),
    ('2024-03-01 12:00+09', 'AHU02'),
    ('2024-03-02 00:00+09', 'AHU01'),
    ('2024-03-02 12:00+09', null),
    ('infinity', 'AHU01'),
    ('-infinity', 'AHU01'),
    ('200000-01-01 00:00+00', 'AHU01'),
    (null, 'AHU01'),
    ('1987-05-09 15:00+00', 'AHU03'),
    ('1987-05-10 14:00+00', 'AHU03'),
    ('1987-10-10 14:00+00', 'AHU03'),
    ('1987-10-11 14:59+00', 'AHU03');
delete from _ahu.pending_changes;

set local timezone = 'America/Los_Angeles';
delete from ahu_data.energy_readings
where ahu_id in ('AHU01', 'AHU02')
    and timestamp between '2024-01-01 00:00+00' and '2024-12-31 00:00+00';
reset timezone;
select results_eq(
    'select tap.take_log()',
    $$values ('delete 2024-03-01 AHU01:-3 AHU02:-1'), ('delete 2024-03-02 AHU01:-1')$$,
    'each day has one entry, that counts what left each key'
);
delete from ahu_data.energy_readings
where ahu_id = 'AHU03';
select results_eq(
    'select tap.take_log()',
    $$
        values
            ('delete 1987-05-10 AHU03:-1'),
            ('delete 1987-05-11 AHU03:-1'),
            ('delete 1987-10-11 AHU03:-2')
    $$,
    'days of 23 and 25 hours count their own'
);
delete from ahu_data.energy_readings
where false;
select is_empty('select tap.take_log()', 'a delete of no reading logs nothing');
delete from ahu_data.energy_readings;
select is_empty('select tap.take_log()', 'readings that belonged to no key log nothing');
select is_empty('select * from ahu_data.energy_readings', 'and are gone all the same');

select * from finish();
