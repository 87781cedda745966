-- The native daily rollup: the same columns and sums as the table's, over all of history.
select plan(10);

select set_eq(
    $$
        select
            a.attname::text,
            format_type(a.atttypid, a.atttypmod)
        from pg_attribute as a
        where a.attrelid = '_ahu.daily_native'::regclass
            and a.attnum > 0
            and not a.attisdropped
    $$,
    $$
        select
            a.attname::text,
            format_type(a.atttypid, a.atttypmod)
        from pg_attribute as a
        where a.attrelid = '_ahu.daily_rollup'::regclass
            and a.attname <> 'raw_parts'
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
        where i.indrelid = '_ahu.daily_native'::regclass
    $$,
    $$
        values
            ('CREATE UNIQUE INDEX daily_native_key ON _ahu.daily_native '
                'USING btree (day, ahu_id)'),
            ('CREATE INDEX daily_native_ahu_id_day_idx ON _ahu.daily_native '
                'USING btree (ahu_id, day)')
    $$,
    'a unique index for CONCURRENTLY, and one for an AHU over years'
);
select ok(_ahu.is_concurrent('_ahu.daily_native'), 'it can be refreshed CONCURRENTLY');

insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_kwh, dh_hcv_steam_kwh, ccv_cold_water_kwh, pc_ccv_cold_water_kwh,
    sf_electricity_kwh, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw
)
values
    ('2024-03-01 12:00+09', 'AHU01', 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    ('2024-03-01 12:01+09', 'AHU02', null, null, null, null, null, null, null, null),
    ('2024-03-01 12:02+09', 'AHU03', null, null, null, null, null, 0, null, null),
    ('2024-03-01 12:02+09', 'AHU04', null, null, null, null, null, null, 3, 4),
    ('2024-03-01 12:02+09', null, 1, 1, 1, 1, 1, 1, 1, 1),
    (null, 'AHU01', 1, 1, 1, 1, 1, 1, 1, 1),
    ('infinity', 'AHU01', 1, 1, 1, 1, 1, 1, 1, 1),
    ('-infinity', 'AHU01', 1, 1, 1, 1, 1, 1, 1, 1),
    ('0001-01-02 12:00+00', 'AHU05', null, null, null, null, null, 5, null, null),
    ('9999-12-29 12:00+00', 'AHU05', null, null, null, null, null, 5, null, null);
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select
            readings, newest_reading, steam_cost, cold_water_cost, electricity_cost, total_cost,
            hcv_kwh, dh_hcv_kwh, ccv_kwh, pc_ccv_kwh, electricity_kwh
        from _ahu.daily_native
        where ahu_id = 'AHU01'
    $$,
    $$
        values (
            1::bigint, '2024-03-01 12:00+09'::timestamptz, 0.6, 0.7, 0.8, 2.1, 0.1, 0.2, 0.3, 0.4,
            0.5
        )
    $$,
    'each column has its own measure'
);
select is(
    (select d.total_cost from _ahu.daily_native as d where d.ahu_id = 'AHU02'),
    null,
    'the total is unknown when all of its parts are'
);
select is(
    (select d.total_cost::text from _ahu.daily_native as d where d.ahu_id = 'AHU03'),
    '0',
    'a known zero is zero'
);
select is(
    (select d.total_cost::text from _ahu.daily_native as d where d.ahu_id = 'AHU04'),
    '7',
    'and it adds what is known'
);
select results_eq(
    'select day from _ahu.daily_native where ahu_id = ''AHU05'' order by day',
    $$values ('0001-01-02'::date), ('9999-12-29')$$,
    'all of the calendar is in'
);
select is(
    (select count(*) from _ahu.daily_native),
    6::bigint,
    'and nothing that has no day or no AHU'
);
select is(
    (
        select
            c.relowner::regrole::text
        from pg_class as c
        where c.oid = '_ahu.daily_native'::regclass
    ),
    'ahu_owner',
    'it belongs to the owner of the rollups'
);

select * from finish();
