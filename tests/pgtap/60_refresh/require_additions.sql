-- Where the summary counts some of what raw has already, nothing is added to it.
select plan(11);

create function pg_temp.ask(days date[], ahu_ids text[])
returns text[]
language sql
as $ask$
    select tap.error_of(format('call _ahu.require_additions(%L, %L)', ask.days, ask.ahu_ids))
$ask$;

insert into _ahu.quarantine (day, ahu_id, stored_readings, raw_readings, net_readings)
values
    ('2024-03-01', 'AHU01', 240, 1, 1),
    ('2024-03-01', 'AHU02', 240, 0, 0),
    ('2024-03-02', 'AHU01', 240, 6, 1),
    ('2024-03-02', 'AHU02', 240, 1, 2),
    ('2024-03-02', 'AHU03', 240, 0, -1);
select is(
    pg_temp.ask(array['2024-03-01', '2024-03-01']::date[], array['AHU01', 'AHU02']),
    null,
    'what raw has came after the summary: nothing is said'
);
select is(
    pg_temp.ask(array['2024-03-02', '2024-03-01']::date[], array['AHU01', 'AHU02']),
    array[
        '55000',
        'raw may still have readings that the summaries count already',
        '2024-03-02 AHU01: raw has 6, added since are 1.',
        'Resolve these keys with ignore, which keeps the summary, or with replace, which keeps '
            'what raw has; or load their readings again, all of them.'
    ],
    'a key is a day and an AHU: the one that is in doubt is named, the other not'
);
select is(
    pg_temp.ask(array['2024-03-02', '2024-03-02']::date[], array['AHU03', 'AHU02']),
    array[
        '55000',
        'raw may still have readings that the summaries count already',
        '2024-03-02 AHU02: raw has 1, added since are 2; '
            '2024-03-02 AHU03: raw has 0, added since are -1.',
        'Resolve these keys with ignore, which keeps the summary, or with replace, which keeps '
            'what raw has; or load their readings again, all of them.'
    ],
    'too few are as doubtful as too many'
);
select is(
    pg_temp.ask(array['2024-03-09']::date[], array['AHU01']),
    null,
    'a key that is not in quarantine is in no doubt'
);
select is(pg_temp.ask('{}', '{}'), null, 'no key, no doubt');

insert into _ahu.retained_summary (day, ahu_id, readings, newest_reading)
values
    ('2024-03-02', 'AHU01', 5, '2024-03-02 12:00+09'),
    ('2024-03-01', 'AHU02', 5, '2024-03-01 12:00+09');
select is(
    pg_temp.ask(array['2024-03-02']::date[], array['AHU01']),
    null,
    'what is kept beside raw is not in raw'
);
select is(
    (pg_temp.ask(array['2024-03-02', '2024-03-02']::date[], array['AHU03', 'AHU02']))[3],
    '2024-03-02 AHU02: raw has 1, added since are 2; '
        '2024-03-02 AHU03: raw has 0, added since are -1.',
    'nor is it of another day or another AHU'
);
update _ahu.quarantine
set raw_readings = 12
where day = '2024-03-02'
    and ahu_id = 'AHU01';
select is(
    (pg_temp.ask(array['2024-03-02']::date[], array['AHU01']))[3],
    '2024-03-02 AHU01: raw has 7, added since are 1.',
    'and is told apart from what raw has'
);

insert into _ahu.quarantine (day, ahu_id, stored_readings, raw_readings, net_readings)
select
    '2024-03-03',
    'AHU' || n,
    240,
    n,
    0
from generate_series(1, 7) as g (n);
create function pg_temp.doubtful(many integer)
returns text
language sql
as $doubtful$
    select
        (pg_temp.ask(array_agg('2024-03-03'::date), array_agg('AHU' || g.n)))[3]
    from generate_series(doubtful.many, 1, -1) as g (n)
$doubtful$;
select is(
    pg_temp.doubtful(5),
    '2024-03-03 AHU1: raw has 1, added since are 0; 2024-03-03 AHU2: raw has 2, added since are 0; '
        '2024-03-03 AHU3: raw has 3, added since are 0; '
        '2024-03-03 AHU4: raw has 4, added since are 0; '
        '2024-03-03 AHU5: raw has 5, added since are 0.',
    'five are named'
);
select is(
    pg_temp.doubtful(7),
    '2024-03-03 AHU1: raw has 1, added since are 0; 2024-03-03 AHU2: raw has 2, added since are 0; '
        '2024-03-03 AHU3: raw has 3, added since are 0; '
        '2024-03-03 AHU4: raw has 4, added since are 0; '
        '2024-03-03 AHU5: raw has 5, added since are 0; and 2 more.',
    'and the others counted'
);

update _ahu.source
set tracking = 'lookback';
select is(
    pg_temp.ask(array['2024-03-02']::date[], array['AHU02']),
    null,
    'under lookback nothing is counted, and the operator''s word holds'
);

select * from finish();
