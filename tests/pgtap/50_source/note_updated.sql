-- What an UPDATE leaves in the log: keys whose readings changed, and how many each gained on
-- balance or, negative, lost.
select plan(11);

insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values
    ('2024-03-01 01:00+09', 'AHU01', 1),
    ('2024-03-01 02:00+09', 'AHU01', 1),
    ('2024-03-01 03:00+09', 'AHU01', 1),
    ('2024-03-01 01:00+09', 'AHU02', 1),
    ('2024-03-02 01:00+09', 'AHU01', 1),
    ('2024-03-02 01:00+09', null, 1),
    ('infinity', 'AHU01', 1),
    (null, 'AHU01', 1);
delete from _ahu.pending_changes;

update ahu_data.energy_readings
set sf_cost_krw = 2;
select results_eq(
    'select tap.take_log()',
    $$values ('update 2024-03-01 AHU01:0 AHU02:0'), ('update 2024-03-02 AHU01:0')$$,
    'readings that stay where they are leave no key'
);

update ahu_data.energy_readings
set timestamp = timestamp + interval '1 day'
where ahu_id = 'AHU01'
    and timestamp <= '2024-03-01 02:00+09';
select results_eq(
    'select tap.take_log()',
    $$values ('update 2024-03-01 AHU01:-2'), ('update 2024-03-02 AHU01:2')$$,
    'readings that move to another day are lost to the old key and gained by the new one'
);

update ahu_data.energy_readings
set ahu_id = 'AHU09'
where ahu_id = 'AHU02';
select results_eq(
    'select tap.take_log()',
    $$values ('update 2024-03-01 AHU02:-1 AHU09:1')$$,
    'readings that move to another AHU are lost to the old key and gained by the new one'
);

-- Now AHU01 has one reading on the 1st and three on the 2nd: they change places.
update ahu_data.energy_readings
set timestamp = timestamp + case
        when timestamp < '2024-03-02 00:00+09' then interval '1 day'
        else interval '-1 day'
    end
where ahu_id = 'AHU01'
    and isfinite(timestamp);
select results_eq(
    'select tap.take_log()',
    $$values ('update 2024-03-01 AHU01:2'), ('update 2024-03-02 AHU01:-2')$$,
    'what counts is the balance of a statement: three went, one came, two are missing'
);

update ahu_data.energy_readings
set ahu_id = null
where ahu_id = 'AHU09';
select results_eq(
    'select tap.take_log()',
    $$values ('update 2024-03-01 AHU09:-1')$$,
    'a reading that loses its AHU leaves its key'
);
update ahu_data.energy_readings
set ahu_id = 'AHU08'
where ahu_id is null
    and timestamp < '2024-03-02 00:00+09';
select results_eq(
    'select tap.take_log()',
    $$values ('update 2024-03-01 AHU08:1')$$,
    'a reading that gets an AHU comes to its key'
);
update ahu_data.energy_readings
set timestamp = 'infinity'
where ahu_id = 'AHU08';
select results_eq(
    'select tap.take_log()',
    $$values ('update 2024-03-01 AHU08:-1')$$,
    'a reading that loses its day leaves its key'
);
update ahu_data.energy_readings
set timestamp = '2024-03-05 23:59+09'
where ahu_id = 'AHU08';
select results_eq(
    'select tap.take_log()',
    $$values ('update 2024-03-05 AHU08:1')$$,
    'a reading that gets a day comes to its key'
);
update ahu_data.energy_readings
set sf_cost_krw = 3
where timestamp = 'infinity'
    or timestamp is null
    or ahu_id is null;
select is_empty(
    'select tap.take_log()',
    'readings that belong to no key log nothing'
);
update ahu_data.energy_readings
set sf_cost_krw = 3
where false;
select is_empty('select tap.take_log()', 'an update of no reading logs nothing');

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('1988-05-07 15:00+00', 'AHU01'),
    ('1988-05-08 13:59+00', 'AHU01'),
    ('1988-10-08 14:00+00', 'AHU01'),
    ('1988-10-09 14:59+00', 'AHU01');
delete from _ahu.pending_changes;
update ahu_data.energy_readings
set timestamp = timestamp + interval '1 minute'
where timestamp between '1988-01-01 00:00+00' and '1988-12-31 00:00+00';
select results_eq(
    'select tap.take_log()',
    $$
        values
            ('update 1988-05-08 AHU01:-1'),
            ('update 1988-05-09 AHU01:1'),
            ('update 1988-10-09 AHU01:-1'),
            ('update 1988-10-10 AHU01:1')
    $$,
    'days of 23 and 25 hours count their own'
);

select * from finish();
