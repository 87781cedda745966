-- Which of some AHUs lack a reading at a given time.
select plan(6);

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-03-01 12:00+09', 'AHU01'),
    ('2024-03-01 12:00+09', 'AHU01'),
    ('2024-03-01 13:00+09', 'AHU02'),
    ('2024-03-01 12:30+09', 'AHU03'),
    ('2024-03-01 12:30+09', null),
    (null, 'AHU04');
select results_eq(
    $$
        select
            m
        from _ahu.missing_in_raw(
            array['AHU01', 'AHU02', 'AHU03', 'AHU04'],
            array[
                '2024-03-01 12:00+09', '2024-03-01 12:00+09', '2024-03-01 12:30+09',
                '2024-03-01 12:30+09'
            ]::timestamptz[]
        ) as m
        order by m
    $$,
    $$values ('AHU02'), ('AHU04')$$,
    'those whose own reading is not there at that time'
);
select results_eq(
    $$
        select
            m
        from _ahu.missing_in_raw(
            array['AHU01', 'AHU01', 'AHU01'],
            array[
                '2024-03-01 12:00+09', '2024-03-01 12:00:01+09', '2024-03-01 12:00:02+09'
            ]::timestamptz[]
        ) as m
    $$,
    $$values ('AHU01')$$,
    'of several times one is enough, and the AHU is told once'
);
select is_empty(
    'select m from _ahu.missing_in_raw(array[]::text[], array[]::timestamptz[]) as m',
    'of no AHUs none'
);
select results_eq(
    $$
        select
            m
        from _ahu.missing_in_raw(
            array['AHU02', 'AHU03'],
            array['2024-03-01 13:00+09', '2030-03-01 12:00+09']::timestamptz[]
        ) as m
    $$,
    $$values ('AHU03')$$,
    'however far apart the times are'
);
select volatility_is(
    '_ahu', 'missing_in_raw', array['text[]', 'timestamp with time zone[]'], 'stable',
    'it sees what its caller''s statement sees'
);
create index on ahu_data.energy_readings (ahu_id, timestamp);
insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    '2024-03-02 00:00+09'::timestamptz + g.number * interval '10 seconds',
    'AHU05'
from generate_series(1, 8000) as g (number);
analyze ahu_data.energy_readings;
select is_empty(
    $$
        select
            m
        from _ahu.missing_in_raw(
            array_fill('AHU05'::text, array[8000]),
            array(
                select
                    '2024-03-02 00:00+09'::timestamptz + g.number * interval '10 seconds'
                from generate_series(1, 8000) as g (number)
            )
        ) as m
    $$,
    'nor of thousands that are all there'
);

select * from finish();
