-- What the rollups are made from: one row.
select plan(6);

select columns_are(
    '_ahu',
    'source',
    array[
        'only_row', 'table_schema', 'table_name', 'time_column', 'ahu_column', 'time_zone',
        'measures', 'backfill_marked_at'
    ],
    'the columns are these'
);
select col_type_is('_ahu', 'source', 'measures', 'jsonb', 'measures is a JSON object');
select is(
    (select count(*) from _ahu.source),
    1::bigint,
    'an install leaves one row'
);
select throws_ok(
    $$
        insert into _ahu.source (
            table_schema, table_name, time_column, ahu_column, time_zone, measures
        )
        values ('a', 'b', 'c', 'd', 'UTC', '{}')
    $$,
    '23505',
    null,
    'there is no second raw table'
);
select throws_ok(
    $$
        insert into _ahu.source (
            only_row, table_schema, table_name, time_column, ahu_column, time_zone, measures
        )
        values (false, 'a', 'b', 'c', 'd', 'UTC', '{}')
    $$,
    '23514',
    null,
    'there is no second raw table of another kind'
);
select ok(
    (select s.backfill_marked_at <= now() from _ahu.source as s),
    'an install has marked the readings that were there before it'
);

select * from finish();
