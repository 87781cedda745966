-- The one definition of the aggregate over raw readings.
select plan(22);

select volatility_is(
    '_ahu', 'summarise_readings', array['timestamptz', 'timestamptz', 'text[]'], 'stable',
    'it reads with its caller''s snapshot'
);
create function pg_temp.sums(column_name text)
returns text
language plpgsql
as $sums$
declare
    v_sum text;
begin
    execute format(
        'select s.%I from _ahu.summarise_readings(''2024-03-01 00:00+09'', '
        '''2024-03-02 00:00+09'', null) as s',
        column_name
    ) into v_sum;
    return v_sum;
end
$sums$;

-- Each input column alone, as a power of two: what a measure adds up is seen in its sum.
insert into ahu_data.energy_readings (
    timestamp, ahu_id, ccv_cold_water_kwh, ac_ccv_cold_water_kwh, pc_ccv_cold_water_kwh,
    hcv_steam_kwh, ac_hcv_steam_kwh, dh_hcv_steam_kwh, sf_electricity_kwh,
    ccv_cold_water_cost_krw, ac_ccv_cold_water_cost_krw, pc_ccv_cold_water_cost_krw,
    hcv_steam_cost_krw, ac_hcv_steam_cost_krw, dh_hcv_steam_cost_krw, sf_cost_krw,
    electricity_cost_krw, outdoor_temperature, outdoor_humidity
)
values (
    '2024-03-01 12:00+09', 'AHU01', 1, 2, 4,
    8, 16, 32, 64,
    128, 256, 512,
    1024, 2048, 4096, 8192,
    16384, 32768, 65536
);
select is(pg_temp.sums(m.name), m.expected::text, format('%s adds up its columns', m.name))
from (
    values
        ('ccv_kwh', 1 + 2),
        ('pc_ccv_kwh', 4),
        ('hcv_kwh', 8 + 16),
        ('dh_hcv_kwh', 32),
        ('electricity_kwh', 64),
        ('cold_water_cost', 128 + 256 + 512),
        ('steam_cost', 1024 + 2048 + 4096),
        ('electricity_cost', 8192 + 16384)
) as m (name, expected);

truncate ahu_data.energy_readings;
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_kwh, ac_hcv_steam_kwh, sf_cost_krw, dh_hcv_steam_kwh
)
values
    ('2024-03-01 00:00+09', 'AHU01', 0.1, null, 0, null),
    ('2024-03-01 12:00+09', 'AHU01', null, 0.02, null, null),
    ('2024-03-01 23:59:59.999999+09', 'AHU01', null, 0.003, null, null),
    ('2024-03-02 00:00+09', 'AHU01', 7, null, null, null),
    ('2024-02-29 23:59:59.999999+09', 'AHU01', 7, null, null, null),
    ('2024-03-01 12:00+09', null, 7, null, null, null),
    (null, 'AHU01', 7, null, null, null),
    ('infinity', 'AHU01', 7, null, null, null),
    ('-infinity', 'AHU01', 7, null, null, null),
    ('2024-03-01 12:00+09', 'AHU02', 123456789012345678901234567890.123456789, 0.000000001,
        null, null),
    ('2024-03-01 12:00+09', '', 7, null, null, null);

create view pg_temp.summary as
select
    s.day,
    s.ahu_id,
    s.readings,
    s.newest_reading,
    s.hcv_kwh,
    s.dh_hcv_kwh,
    s.electricity_cost,
    s.steam_cost
from _ahu.summarise_readings('2024-03-01 00:00+09', '2024-03-02 00:00+09', null) as s;

select set_eq(
    'select day, ahu_id, readings from pg_temp.summary',
    $$
        values
            ('2024-03-01'::date, 'AHU01', 3::bigint),
            ('2024-03-01', 'AHU02', 1),
            ('2024-03-01', '', 1)
    $$,
    'from_time is in the span, until_time is not; readings without time or AHU are in none'
);
select is(
    (select s.hcv_kwh::text from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    '0.123',
    'a measure adds up what is known of its columns'
);
select is(
    (select s.hcv_kwh::text from pg_temp.summary as s where s.ahu_id = 'AHU02'),
    '123456789012345678901234567890.123456790',
    'no digit is lost'
);
select is(
    (select s.dh_hcv_kwh from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    null,
    'a measure of one column is unknown when that is'
);
select is(
    (select s.steam_cost from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    null,
    'a measure of several columns is unknown when all of them are'
);
select is(
    (select s.electricity_cost::text from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    '0',
    'a known zero is zero'
);
select is(
    (select s.newest_reading from pg_temp.summary as s where s.ahu_id = 'AHU01'),
    '2024-03-01 23:59:59.999999+09'::timestamptz,
    'the newest reading is the newest of the span'
);
select results_eq(
    $$
        select
            s.ahu_id
        from _ahu.summarise_readings(
            '2024-03-01 00:00+09', '2024-03-02 00:00+09', array['AHU02', 'AHU99', null]
        ) as s
    $$,
    'values (''AHU02'')',
    'AHUs that are named are all that is read, and one without readings has no row'
);
select is_empty(
    $$
        select
            s.ahu_id
        from _ahu.summarise_readings(
            '2024-03-01 00:00+09', '2024-03-02 00:00+09', array[]::text[]
        ) as s
    $$,
    'no AHU named is none'
);
set local timezone = 'America/Los_Angeles';
select results_eq(
    $$
        select
            s.day,
            s.readings
        from _ahu.summarise_readings(
            '2024-02-29 00:00+09', '2024-03-03 00:00+09', array['AHU01']
        ) as s
        order by s.day
    $$,
    $$
        values
            ('2024-02-29'::date, 1::bigint),
            ('2024-03-01', 3),
            ('2024-03-02', 1)
    $$,
    'a session in Los Angeles gets the site''s days'
);

-- Row security that holds for the owner of the rollups too. A policy would only let it see some.
alter table ahu_data.energy_readings enable row level security;
create policy some_readings on ahu_data.energy_readings
using (ahu_id = 'AHU01');
set local role ahu_owner;
select throws_ok(
    $$
        select
            s.readings
        from _ahu.summarise_readings('2024-03-01 00:00+09', '2024-03-02 00:00+09', null) as s
    $$,
    '42501',
    'query would be affected by row-level security policy for table "energy_readings"',
    'where row security hides readings, there is an error and not a smaller sum'
);
reset role;
set local role ahu_write;
select throws_ok(
    'call ahu.refresh_dashboard_views()',
    '42501',
    'query would be affected by row-level security policy for table "energy_readings"',
    'so no refresh folds what it cannot see'
);
reset role;
alter table ahu_data.energy_readings disable row level security;
set local role ahu_owner;
select lives_ok(
    $$
        select
            s.readings
        from _ahu.summarise_readings('2024-03-01 00:00+09', '2024-03-02 00:00+09', null) as s
    $$,
    'and when it is off again there is none'
);
reset role;

select * from finish();
