-- What the rollups are made from is written down as the settings say.
select plan(3);

select results_eq(
    $$
        select
            s.table_schema,
            s.table_name,
            s.time_column,
            s.ahu_column,
            s.time_zone
        from _ahu.source as s
    $$,
    $$values ('ahu_data', 'energy_readings', 'timestamp', 'ahu_id', 'Asia/Seoul')$$,
    'the raw table, its time and AHU column and the zone are written down'
);
select is(
    (select s.measures from _ahu.source as s),
    (select n.measures from _ahu.site() as n),
    'what each measure adds up is written down'
);
select results_eq(
    $$
        select
            layout,
            metric_column,
            value_column,
            unit_column,
            strategy,
            tracking,
            lookback_days
        from _ahu.source
    $$,
    $$
        values (
            'wide', null::text, null::text, null::text, 'incremental', 'triggers', 7
        )
    $$,
    'so are the layout and how the rollups are kept'
);

select * from finish();
