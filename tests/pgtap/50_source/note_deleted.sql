-- What a DELETE leaves in the log: how many readings left each key, counted by their own local day.
select plan(5);

-- Empties the log and tells it, a line for each entry: reason, day, AHUs with what was counted.
create function pg_temp.take_log()
returns setof text
language sql
as $take_log$
    with taken as (
        delete from _ahu.pending_changes
        returning reason, day, ahu_ids, net_readings, trust_raw
    )
    select
        concat_ws(
            ' ',
            t.reason,
            to_char(t.day, 'YYYY-MM-DD'),
            coalesce(
                (
                    select
                        string_agg(concat_ws(':', a.ahu_id, a.net_readings), ' ' order by a.ahu_id)
                    from unnest(t.ahu_ids, t.net_readings) as a (ahu_id, net_readings)
                ),
                'every AHU'
            ),
            case when t.trust_raw then 'trust raw' end
        ) as line
    from taken as t
    order by line
$take_log$;

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
    'select pg_temp.take_log()',
    $$values ('delete 2024-03-01 AHU01:-3 AHU02:-1'), ('delete 2024-03-02 AHU01:-1')$$,
    'each day has one entry, that counts what left each key'
);
delete from ahu_data.energy_readings
where ahu_id = 'AHU03';
select results_eq(
    'select pg_temp.take_log()',
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
select is_empty('select pg_temp.take_log()', 'a delete of no reading logs nothing');
delete from ahu_data.energy_readings;
select is_empty('select pg_temp.take_log()', 'readings that belonged to no key log nothing');
select is_empty('select * from ahu_data.energy_readings', 'and are gone all the same');

select * from finish();
