-- The daily rollup's shape, what it refuses, and the total it works out.
select plan(17);

select columns_are(
    '_ahu',
    'daily_rollup',
    array[
        'day', 'ahu_id', 'readings', 'newest_reading', 'steam_cost', 'cold_water_cost',
        'electricity_cost', 'total_cost', 'hcv_kwh', 'dh_hcv_kwh', 'ccv_kwh', 'pc_ccv_kwh',
        'electricity_kwh', 'raw_parts'
    ],
    'the columns of the daily rollup are these'
);
select is_empty(
    $$
        select
            a.attname
        from pg_attribute as a
        where a.attrelid = '_ahu.daily_rollup'::regclass
            and (a.attname like '%\_cost' or a.attname like '%\_kwh')
            and format_type(a.atttypid, a.atttypmod) <> 'numeric'
    $$,
    'every measure is numeric without a limit of digits'
);
select col_type_is('_ahu', 'daily_rollup', 'day', 'date', 'day is a date');
select col_type_is('_ahu', 'daily_rollup', 'ahu_id', 'text', 'ahu_id is a text');
select col_type_is('_ahu', 'daily_rollup', 'readings', 'bigint', 'readings is a bigint');
select col_type_is(
    '_ahu', 'daily_rollup', 'newest_reading', 'timestamp with time zone',
    'newest_reading is a point in time'
);
select col_is_pk('_ahu', 'daily_rollup', array['day', 'ahu_id'], 'day and AHU are the key');
select has_index(
    '_ahu', 'daily_rollup', 'daily_rollup_ahu_id_day_idx', array['ahu_id', 'day'],
    'one AHU over years is found by index'
);

set local role ahu_owner;

select throws_ok(
    $$
        insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
        values ('2024-03-01', 'AHU01', 0, now())
    $$,
    '23514',
    null,
    'a key without readings has no row'
);
select throws_ok(
    $$
        insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
        values ('2024-03-01', 'AHU01', 1, null)
    $$,
    '23502',
    null,
    'a key has a newest reading'
);
select throws_ok(
    $$
        insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading, total_cost)
        values ('2024-03-01', 'AHU01', 1, now(), 5)
    $$,
    '428C9',
    null,
    'nobody can write another total_cost than the sum of its parts'
);

-- All eight combinations of known and unknown.
insert into _ahu.daily_rollup (
    day, ahu_id, readings, newest_reading, steam_cost, cold_water_cost, electricity_cost
)
values
    ('2024-03-01', '---', 1, now(), null, null, null),
    ('2024-03-01', 's--', 1, now(), 0.1, null, null),
    ('2024-03-01', '-c-', 1, now(), null, 0.02, null),
    ('2024-03-01', '--e', 1, now(), null, null, 0.003),
    ('2024-03-01', 'sc-', 1, now(), 0.1, 0.02, null),
    ('2024-03-01', 's-e', 1, now(), 0.1, null, 0.003),
    ('2024-03-01', '-ce', 1, now(), null, 0.02, 0.003),
    ('2024-03-01', 'sce', 1, now(), 0.1, 0.02, 0.003),
    ('2024-03-01', '0--', 1, now(), 0, null, null);

select is(
    (select d.total_cost from _ahu.daily_rollup as d where d.ahu_id = '---'),
    null,
    'total_cost is unknown when all three parts are'
);
select set_eq(
    'select d.ahu_id, d.total_cost from _ahu.daily_rollup as d where d.ahu_id not in (''---'')',
    $$
        values
            ('s--', 0.1),
            ('-c-', 0.02),
            ('--e', 0.003),
            ('sc-', 0.12),
            ('s-e', 0.103),
            ('-ce', 0.023),
            ('sce', 0.123),
            ('0--', 0)
    $$,
    'total_cost adds the parts that are known'
);
update _ahu.daily_rollup as d
set steam_cost = 123456789012345678901234567890.123456789
where d.ahu_id = 'sce';
select is(
    (select d.total_cost::text from _ahu.daily_rollup as d where d.ahu_id = 'sce'),
    '123456789012345678901234567890.146456789',
    'total_cost follows its parts, and no digit is lost'
);
select throws_ok(
    $$
        insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
        values ('2024-03-01', 'sce', 1, now())
    $$,
    '23505',
    null,
    'a key has one row'
);
select throws_ok(
    $$
        insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
        values (null, 'AHU01', 1, now())
    $$,
    '23502',
    null,
    'a key has a day'
);
select throws_ok(
    $$
        insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
        values ('2024-03-01', null, 1, now())
    $$,
    '23502',
    null,
    'a key has an AHU'
);
reset role;

select * from finish();
