-- What the rollups are made from is written down as the settings say.
select plan(2);

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

select * from finish();
