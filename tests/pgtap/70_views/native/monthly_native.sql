-- The native monthly rollup: summed up from the daily one.
select plan(5);

select set_eq(
    $$
        select
            a.attname::text,
            format_type(a.atttypid, a.atttypmod)
        from pg_attribute as a
        where a.attrelid = '_ahu.monthly_native'::regclass
            and a.attnum > 0
            and not a.attisdropped
    $$,
    $$
        select
            a.attname::text,
            format_type(a.atttypid, a.atttypmod)
        from pg_attribute as a
        where a.attrelid = '_ahu.monthly_rollup'::regclass
            and a.attnum > 0
            and not a.attisdropped
    $$,
    'it has the columns and types of the table of the strategy incremental'
);
select set_eq(
    $$
        select
            pg_get_indexdef(i.indexrelid)
        from pg_index as i
        where i.indrelid = '_ahu.monthly_native'::regclass
    $$,
    $$
        values (
            'CREATE UNIQUE INDEX monthly_native_key ON _ahu.monthly_native '
                'USING btree (month, ahu_id)'
        )
    $$,
    'a unique index for CONCURRENTLY'
);
select ok(_ahu.is_concurrent('_ahu.monthly_native'), 'it can be refreshed CONCURRENTLY');
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw
)
values
    ('2024-03-01 00:00+09', 'AHU01', 0.1, 0.2, null),
    ('2024-03-31 23:59+09', 'AHU01', 1, null, null),
    ('2024-04-01 00:00+09', 'AHU01', 7, null, null),
    ('2024-03-01 12:00+09', 'AHU02', null, null, null),
    ('2024-03-01 12:00+09', 'AHU03', null, null, 0);
set local timezone = 'America/Los_Angeles';
call ahu.refresh_dashboard_views();
reset timezone;
select results_eq(
    'select * from _ahu.monthly_native order by month, ahu_id',
    $$
        values
            ('2024-03-01'::date, 'AHU01', 2::bigint, 1.1, 0.2, null::numeric, 1.3),
            ('2024-03-01', 'AHU02', 1, null, null, null, null),
            ('2024-03-01', 'AHU03', 1, null, null, 0, 0),
            ('2024-04-01', 'AHU01', 1, 7, null, null, 7)
    $$,
    'a month has the site''s days, exact sums, and what is unknown is unknown'
);
select set_eq(
    $$
        select
            date_trunc('month', d.day::timestamp)::date,
            d.ahu_id,
            sum(d.total_cost)
        from _ahu.daily_native as d
        group by 1, 2
    $$,
    'select month, ahu_id, total_cost from _ahu.monthly_native',
    'a month is the sum of its days'
);

select * from finish();
