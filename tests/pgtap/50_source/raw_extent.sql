-- The first and the last day of the raw table, whatever the session's TimeZone.
select plan(6);

select results_eq(
    'select oldest_day, newest_day from _ahu.raw_extent()',
    'select null::date, null::date',
    'an empty raw table has none'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('infinity', 'AHU01'),
    ('-infinity', 'AHU01'),
    ('0001-01-01 12:00+00', 'AHU01'),
    ('9999-12-31 12:00+00', 'AHU01'),
    (null, 'AHU01');
select results_eq(
    'select oldest_day, newest_day from _ahu.raw_extent()',
    'select null::date, null::date',
    'readings without a day in any calendar do not count'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-03-01 00:00+09', 'AHU02'),
    ('2024-05-03 12:00+09', 'AHU01'),
    ('2024-06-30 23:59:59.999999+09', 'AHU01');
select results_eq(
    'select oldest_day, newest_day from _ahu.raw_extent()',
    $$values ('2024-03-01'::date, '2024-06-30'::date)$$,
    'from midnight to midnight by the site''s clock'
);
set local timezone = 'America/Los_Angeles';
select results_eq(
    'select oldest_day, newest_day from _ahu.raw_extent()',
    $$values ('2024-03-01'::date, '2024-06-30'::date)$$,
    'the same from a session in Los Angeles'
);
reset timezone;

-- St. John's clock went from 00:01 of 4 November 2007 back to 23:01 of the day before.
do $st_john$
declare
    v_body text := pg_get_functiondef('_ahu.raw_extent()'::regprocedure);
begin
    execute replace(v_body, 'Asia/Seoul', 'America/St_Johns');
end
$st_john$;
delete from ahu_data.energy_readings;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2007-11-04 00:00:30-02:30', 'AHU01'),
    ('2007-11-03 23:30-03:30', 'AHU01');
select ok(
    '2007-11-04 00:00:30-02:30'::timestamptz < '2007-11-03 23:30-03:30'::timestamptz,
    'where the clock goes back across midnight the first reading is of the later day'
);
select results_eq(
    'select oldest_day, newest_day from _ahu.raw_extent()',
    $$values ('2007-11-03'::date, '2007-11-04'::date)$$,
    'and both days are named'
);

select * from finish();
