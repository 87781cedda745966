-- What is kept of keys whose readings are gone: its shape.
select plan(7);

select columns_are(
    '_ahu',
    'retained_summary',
    array[
        'day', 'ahu_id', 'readings', 'newest_reading', 'steam_cost', 'cold_water_cost',
        'electricity_cost', 'hcv_kwh', 'dh_hcv_kwh', 'ccv_kwh', 'pc_ccv_kwh', 'electricity_kwh',
        'resolved_by', 'resolved_at'
    ],
    'it keeps all that the daily rollup has but the total, which follows from its parts'
);
select col_is_pk('_ahu', 'retained_summary', array['day', 'ahu_id'], 'of a key one part is kept');
select set_eq(
    $$
        select
            a.attname::text
        from pg_attribute as a
        where a.attrelid = '_ahu.retained_summary'::regclass
            and a.attnum > 0
            and not a.attnotnull
    $$,
    $$
        values
            ('steam_cost'),
            ('cold_water_cost'),
            ('electricity_cost'),
            ('hcv_kwh'),
            ('dh_hcv_kwh'),
            ('ccv_kwh'),
            ('pc_ccv_kwh'),
            ('electricity_kwh')
    $$,
    'a measure may be unknown, and nothing else'
);
select is_empty(
    $$
        select
            a.attname
        from pg_attribute as a
        join pg_attribute as d
            on d.attname = a.attname
            and d.attrelid = '_ahu.daily_rollup'::regclass
        where a.attrelid = '_ahu.retained_summary'::regclass
            and a.attnum > 0
            and a.atttypid <> d.atttypid
    $$,
    'what it keeps has the types of the daily rollup, so that no digit is lost'
);
insert into _ahu.retained_summary (day, ahu_id, readings, newest_reading)
values ('2024-03-01', 'AHU01', 240, '2024-03-01 12:00+09');
select ok(
    (
        select
            r.resolved_by = session_user
            and r.resolved_at between now() and clock_timestamp()
        from _ahu.retained_summary as r
    ),
    'it remembers who said so, and when'
);
select throws_ok(
    format('update _ahu.retained_summary set readings = %s', v.readings),
    '23514',
    null,
    'what is kept cannot have ' || v.readings || ' readings'
)
from (values ('0'), ('-1')) as v (readings);

select * from finish();
