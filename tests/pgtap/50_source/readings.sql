-- The guarded drill-down, as ahu_read calls it. How it reads: tests/py/database/test_readings.py.
select plan(25);

select function_returns(
    'ahu', 'readings', array['timestamptz', 'timestamptz', 'text[]'],
    'setof ahu_data.energy_readings',
    'it returns rows of the raw table'
);

insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw, outdoor_temperature)
values
    ('2024-03-01 00:00+09', 'AHU01', 1, 4.5),
    ('2024-03-01 12:00+09', 'AHU01', 2, null),
    ('2024-03-01 12:00+09', 'AHU02', 3, null),
    ('2024-03-01 12:00+09', null, 4, null),
    ('2024-03-02 00:00+09', 'AHU01', 5, null);

create function pg_temp.found(arguments text)
returns numeric[]
language plpgsql
as $found$
declare
    v_costs numeric[];
begin
    execute format(
        'select array_agg(r.sf_cost_krw order by r.sf_cost_krw) from ahu.readings(%s) as r',
        arguments
    ) into v_costs;
    return v_costs;
end
$found$;
grant usage on schema tap to ahu_read;

set local role ahu_read;
select is(
    pg_temp.found('''2024-03-01 00:00+09'', ''2024-03-02 00:00+09'''),
    array[1, 2, 3, 4]::numeric[],
    'it gives all readings from the first time until before the second, also those of no AHU'
);
select is(
    pg_temp.found('''2024-03-01 00:00+09'', ''2024-03-02 00:00+09'', array[''AHU01'']'),
    array[1, 2]::numeric[],
    'those of an AHU'
);
select is(
    pg_temp.found('''2024-03-01 00:00+09'', ''2024-03-02 00:00:01+09'', array[''AHU02'', ''AHU01'']'),
    array[1, 2, 3, 5]::numeric[],
    'those of several'
);
select is(
    pg_temp.found('''2024-03-01 00:00+09'', ''2024-03-02 00:00+09'', array[]::text[]'),
    null,
    'of none, where no AHU is named'
);
select is(
    pg_temp.found('''2024-03-01 00:00+09'', ''2024-03-02 00:00+09'', array[''AHU99'']'),
    null,
    'and of one that is unknown'
);
select results_eq(
    $$
        select
            outdoor_temperature
        from ahu.readings(
            from_time => '2024-03-01 00:00+09',
            until_time => '2024-03-01 00:00:01+09',
            ahu_ids => '{AHU01}'
        )
    $$,
    'values (4.5)',
    'columns that are summed up nowhere are there too'
);
select throws_ok(
    'select from ahu_data.energy_readings',
    '42501',
    null,
    'there is no other way to the raw table'
);

-- Both times are mandatory.
select is(
    tap.error_of('select from ahu.readings()'),
    array[
        'AHU01',
        'ahu.readings needs two times: from when, and until before when',
        'from_time is missing, until_time is missing.',
        'Pass both, the earlier one first, at most 31 days apart: select * from '
            'ahu.readings(''2025-07-01'', ''2025-07-02'', array[''AHU01'']); without AHUs: all of '
            'them.'
    ],
    'there is no default'
);
select is(
    (tap.error_of(format('select from ahu.readings(%s)', s.arguments)))[1:3],
    array[
        'AHU01', 'ahu.readings needs two times: from when, and until before when', s.detail
    ],
    s.detail
)
from (
    values
        (
            $$'2024-03-01 00:00+09'$$,
            'from_time is 2024-03-01 00:00:00, until_time is missing.'
        ),
        (
            $$until_time => '2024-03-01 00:00+09'$$,
            'from_time is missing, until_time is 2024-03-01 00:00:00.'
        ),
        (
            $$null, '2024-03-01 00:00+09', array['AHU01']$$,
            'from_time is missing, until_time is 2024-03-01 00:00:00.'
        ),
        (
            $$'-infinity', '2024-03-01 00:00+09'$$,
            'from_time is -infinity, until_time is 2024-03-01 00:00:00.'
        ),
        (
            $$'2024-03-01 00:00+09', 'infinity'$$,
            'from_time is 2024-03-01 00:00:00, until_time is infinity.'
        ),
        (
            $$'2024-03-02 00:00+09', '2024-03-01 00:00+09'$$,
            'from_time is 2024-03-02 00:00:00, until_time is 2024-03-01 00:00:00.'
        ),
        (
            $$'2024-03-02 00:00+09', '2024-03-02 00:00+09'$$,
            'from_time is 2024-03-02 00:00:00, until_time is 2024-03-02 00:00:00.'
        )
) as s (arguments, detail);

-- The span is capped.
set local timezone = 'UTC';
select is(
    pg_temp.found('''2024-02-29 12:00+09'', ''2024-03-31 12:00+09'', array[''AHU01'']'),
    array[1, 2, 5]::numeric[],
    '31 days may be asked for'
);
select is(
    tap.error_of(
        'select from ahu.readings(''2024-02-29 12:00+09'', ''2024-03-31 12:00:01+09'')'
    ),
    array[
        'AHU02',
        'ahu.readings gives at most 31 days at once',
        'From 2024-02-29 12:00:00 until 2024-03-31 12:00:01, in Asia/Seoul, it is 32 days.',
        'Ask for less, until_time => ''2024-03-31 03:00:00+00'' at the latest, or read whole days '
            'from ahu.mv_daily_ahu_costs and ahu.mv_daily_ahu_kwh. A DBA may allow more: update '
            'ahu.settings set max_span = ''32 days''.'
    ],
    'a second more may not, and the error says what may'
);
select is(
    (tap.error_of('select from ahu.readings(''4713-01-02 BC'', ''294276-12-30'')'))[1],
    'AHU02',
    'nor all that there ever was'
);
reset role;

update ahu.settings
set max_span = '36 hours';
set local role ahu_read;
select is(
    (tap.error_of('select from ahu.readings(''2024-03-01 00:00+09'', ''2024-03-02 12:00:01+09'')'))[2],
    'ahu.readings gives at most 36:00:00 at once',
    'a DBA sets the cap'
);
select is(
    pg_temp.found('''2024-03-01 00:00+09'', ''2024-03-02 12:00+09'', array[''AHU02'']'),
    array[3]::numeric[],
    'up to which may be asked for'
);
reset role;
delete from ahu.settings;
select is(
    (tap.error_of('select from ahu.readings(''2024-03-01'', ''2024-05-01'')'))[2],
    'ahu.readings gives at most 31 days at once',
    'without settings what was installed is in force'
);

-- What only looks like the raw table is not read.
set local role ahu_write;
select throws_ok(
    'select from ahu.readings(''2024-03-01'', ''2024-03-02'')',
    '42501',
    null,
    'the ETL''s role reads the raw table itself'
);
reset role;
alter table ahu_data.energy_readings add column batch text default 'first';
set local role ahu_read;
select results_eq(
    $$
        select distinct
            batch
        from ahu.readings('2024-03-01 00:00+09', '2024-03-02 00:00+09')
    $$,
    $$values ('first')$$,
    'a column that the raw table has got is there'
);
reset role;
alter table ahu_data.energy_readings drop column outdoor_temperature;
set local role ahu_read;
select is(
    pg_temp.found('''2024-03-01 00:00+09'', ''2024-03-02 00:00+09'', array[''AHU01'']'),
    array[1, 2]::numeric[],
    'one that it has lost does not matter'
);
