-- After an install by the strategy native its rollups are there and filled.
select plan(2);

select set_eq(
    $$
        select
            c.relname::text,
            c.relispopulated
        from pg_class as c
        where c.relnamespace = '_ahu'::regnamespace
            and c.relkind = 'm'
    $$,
    $$
        values
            ('daily_native', true),
            ('monthly_native', true)
    $$,
    'both are there and filled'
);
select results_eq(
    'select distinct newest_day, is_stale, is_tracked from ahu.freshness',
    'select null::date, false, null::boolean',
    'so nothing is stale, though the views have never been refreshed'
);

select * from finish();
