-- The shape of the history of refreshes.
select plan(6);

select columns_are(
    '_ahu',
    'refresh_run',
    array[
        'run_id', 'started_at', 'finished_at', 'called_by', 'outcome', 'days', 'keys', 'readings',
        'quarantined', 'days_pending'
    ],
    'the columns of the history are these'
);
select col_is_pk('_ahu', 'refresh_run', 'run_id', 'a run has its number');
select is(
    (
        select
            a.attidentity
        from pg_attribute as a
        where a.attrelid = '_ahu.refresh_run'::regclass
            and a.attname = 'run_id'
    ),
    'a'::"char",
    'nobody chooses the number of a run'
);
select has_index(
    '_ahu', 'refresh_run', 'refresh_run_started_at_idx', array['started_at'],
    'old runs are found by index'
);
select is_empty(
    $$
        select
            a.attname
        from pg_attribute as a
        where a.attrelid = '_ahu.refresh_run'::regclass
            and a.attnum > 0
            and not a.attnotnull
    $$,
    'all that is told of a run is known'
);
select throws_ok(
    $$
        insert into _ahu.refresh_run
        values (1, now(), now(), 'me', 'refreshed', 0, 0, 0, 0, 0)
    $$,
    '428C9',
    null,
    'a run cannot take the number of another'
);

select * from finish();
