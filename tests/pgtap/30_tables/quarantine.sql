-- The quarantine's shape.
select plan(4);

select columns_are(
    '_ahu',
    'quarantine',
    array[
        'day', 'ahu_id', 'stored_readings', 'raw_readings', 'net_readings', 'found_at', 'seen_at'
    ],
    'the columns of the quarantine are these'
);
select col_is_pk('_ahu', 'quarantine', array['day', 'ahu_id'], 'a key is in it once');
select is_empty(
    $$
        select
            a.attname
        from pg_attribute as a
        where a.attrelid = '_ahu.quarantine'::regclass
            and a.attnum > 0
            and not a.attnotnull
    $$,
    'all that is told of a key is known'
);
insert into _ahu.quarantine (day, ahu_id, stored_readings, raw_readings, net_readings)
values ('2024-03-01', 'AHU01', 240, 1, -3);
select ok(
    (
        select
            q.found_at between now() and clock_timestamp()
            and q.seen_at between now() and clock_timestamp()
        from _ahu.quarantine as q
    ),
    'it remembers when a key was found and last seen'
);

select * from finish();
