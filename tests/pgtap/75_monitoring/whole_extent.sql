-- From which day to which there is something to verify.
select plan(9);

select results_eq(
    'select oldest_day, newest_day from _ahu.whole_extent()',
    'select null::date, null::date',
    'nothing reaches nowhere'
);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values ('2024-03-10', 'AHU01', 1, '2024-03-10 12:00+09');
select results_eq(
    'select oldest_day, newest_day from _ahu.whole_extent()',
    $$values ('2024-03-10'::date, '2024-03-10'::date)$$,
    'a day that is stored and not in raw counts'
);
call tap.add('2024-03-11 00:00+09', 'AHU01', 1);
select results_eq(
    'select oldest_day, newest_day from _ahu.whole_extent()',
    $$values ('2024-03-10'::date, '2024-03-11'::date)$$,
    'one that is in raw and not stored does'
);
insert into _ahu.monthly_rollup (month, ahu_id, readings)
values ('2024-02-01', 'AHU01', 1);
select results_eq(
    'select oldest_day, newest_day from _ahu.whole_extent()',
    $$values ('2024-02-01'::date, '2024-03-11'::date)$$,
    'and a month without days, by its first'
);
call tap.add('2024-01-05 23:59+09', 'AHU01', 1);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values ('2024-03-15', 'AHU01', 1, '2024-03-15 12:00+09');
select results_eq(
    'select oldest_day, newest_day from _ahu.whole_extent()',
    $$values ('2024-01-05'::date, '2024-03-15'::date)$$,
    'the first of all and the last of all'
);
insert into _ahu.monthly_rollup (month, ahu_id, readings)
values ('2024-05-01', 'AHU01', 1);
select is(
    (select e.newest_day from _ahu.whole_extent() as e),
    '2024-05-01'::date,
    'a month after the last day too'
);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values
    ('2023-12-02', 'AHU01', 1, now()),
    ('2023-12-01', 'AHU02', 1, now());
insert into _ahu.monthly_rollup (month, ahu_id, readings)
values
    ('2024-06-01', 'AHU01', 1),
    ('2023-12-01', 'AHU01', 1),
    ('2023-11-01', 'AHU01', 1);
select results_eq(
    'select oldest_day, newest_day from _ahu.whole_extent()',
    $$values ('2023-11-01'::date, '2024-06-01'::date)$$,
    'the first and the last month of several'
);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values
    ('2023-10-09', 'AHU01', 1, now()),
    ('2023-10-05', 'AHU01', 1, now());
select is(
    (select e.oldest_day from _ahu.whole_extent() as e),
    '2023-10-05'::date,
    'and the first of several days'
);
set local role ahu_owner;
select lives_ok('select _ahu.whole_extent()', 'the owner may ask');
reset role;

select * from finish();
