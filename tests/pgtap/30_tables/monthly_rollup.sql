-- The monthly rollup's shape, what it refuses, and the total it works out.
select plan(9);

select columns_are(
    '_ahu',
    'monthly_rollup',
    array[
        'month', 'ahu_id', 'readings', 'steam_cost', 'cold_water_cost', 'electricity_cost',
        'total_cost'
    ],
    'the columns of the monthly rollup are these'
);
select is_empty(
    $$
        select
            a.attname
        from pg_attribute as a
        where a.attrelid = '_ahu.monthly_rollup'::regclass
            and a.attname like '%\_cost'
            and format_type(a.atttypid, a.atttypmod) <> 'numeric'
    $$,
    'every cost is numeric without a limit of digits'
);
select col_type_is('_ahu', 'monthly_rollup', 'month', 'date', 'month is a date');
select col_is_pk('_ahu', 'monthly_rollup', array['month', 'ahu_id'], 'month and AHU are the key');

set local role ahu_owner;

select throws_ok(
    'insert into _ahu.monthly_rollup (month, ahu_id, readings) values (''2024-03-02'', ''A'', 1)',
    '23514',
    null,
    'a month is named by its first day'
);
select throws_ok(
    'insert into _ahu.monthly_rollup (month, ahu_id, readings) values (''2024-03-01'', ''A'', 0)',
    '23514',
    null,
    'a month without readings has no row'
);
select throws_ok(
    $$
        insert into _ahu.monthly_rollup (month, ahu_id, readings, total_cost)
        values ('2024-03-01', 'A', 1, 5)
    $$,
    '428C9',
    null,
    'nobody can write another total_cost than the sum of its parts'
);

insert into _ahu.monthly_rollup (
    month, ahu_id, readings, steam_cost, cold_water_cost, electricity_cost
)
values
    ('2024-03-01', '---', 1, null, null, null),
    ('2024-03-01', 's--', 1, 0.1, null, null),
    ('2024-03-01', '-c-', 1, null, 0.02, null),
    ('2024-03-01', '--e', 1, null, null, 0.003),
    ('2024-03-01', 'sce', 1, 0.1, 0.02, 0.003);

select is(
    (select m.total_cost from _ahu.monthly_rollup as m where m.ahu_id = '---'),
    null,
    'total_cost is unknown when all three parts are'
);
select set_eq(
    'select m.ahu_id, m.total_cost from _ahu.monthly_rollup as m where m.ahu_id <> ''---''',
    $$
        values
            ('s--', 0.1),
            ('-c-', 0.02),
            ('--e', 0.003),
            ('sce', 0.123)
    $$,
    'total_cost adds the parts that are known'
);
reset role;

select * from finish();
