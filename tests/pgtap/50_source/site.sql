-- What the rollups are made from, by the settings: here by their defaults.
select plan(3);

select results_eq(
    'select table_schema, table_name, time_column, ahu_column, time_zone from _ahu.site()',
    $$values ('ahu_data', 'energy_readings', 'timestamp', 'ahu_id', 'Asia/Seoul')$$,
    'the raw table, its time and AHU column, and the zone'
);
select is(
    (select s.measures from _ahu.site() as s),
    '{
        "hcv_kwh": ["hcv_steam_kwh", "ac_hcv_steam_kwh"],
        "dh_hcv_kwh": ["dh_hcv_steam_kwh"],
        "ccv_kwh": ["ccv_cold_water_kwh", "ac_ccv_cold_water_kwh"],
        "pc_ccv_kwh": ["pc_ccv_cold_water_kwh"],
        "electricity_kwh": ["sf_electricity_kwh"],
        "steam_cost": [
            "hcv_steam_cost_krw", "ac_hcv_steam_cost_krw", "dh_hcv_steam_cost_krw"
        ],
        "cold_water_cost": [
            "ccv_cold_water_cost_krw", "ac_ccv_cold_water_cost_krw", "pc_ccv_cold_water_cost_krw"
        ],
        "electricity_cost": ["sf_cost_krw", "electricity_cost_krw"]
    }'::jsonb,
    'the columns that each measure adds up'
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
        from _ahu.site()
    $$,
    $$
        values (
            'wide', null::text, null::text, null::text, 'incremental', 'triggers', 7
        )
    $$,
    'the layout, which has no columns of its own here, and how the rollups are kept'
);

select * from finish();
