-- What the rollups are made from: one row.
select plan(15);

select columns_are(
    '_ahu',
    'source',
    array[
        'only_row', 'table_schema', 'table_name', 'time_column', 'ahu_column', 'time_zone',
        'layout', 'metric_column', 'value_column', 'unit_column', 'measures', 'strategy',
        'tracking', 'lookback_days', 'backfill_marked_at', 'scheduled_by'
    ],
    'the columns are these'
);
select col_type_is('_ahu', 'source', 'measures', 'jsonb', 'measures is a JSON object');
select is(
    (select count(*) from _ahu.source),
    1::bigint,
    'an install leaves one row'
);
-- Another row, which is like the one that is there but for what is said.
create function pg_temp.insert_with(changes jsonb)
returns void
language sql
as $insert_with$
    insert into _ahu.source
    select
        n.*
    from _ahu.source as s
    cross join lateral jsonb_populate_record(s, insert_with.changes) as n
$insert_with$;
select throws_ok(
    'select pg_temp.insert_with(''{}'')',
    '23505',
    null,
    'there is no second raw table'
);
select throws_ok(
    'select pg_temp.insert_with(''{"only_row": false}'')',
    '23514',
    null,
    'there is no second raw table of another kind'
);
select ok(
    (select s.backfill_marked_at <= now() from _ahu.source as s),
    'an install has marked the readings that were there before it'
);
select is((select s.scheduled_by from _ahu.source as s), null, 'and has scheduled nothing');
select throws_ok(
    format('update _ahu.source set %I = %s', v.name, v.value),
    v.sqlstate,
    null,
    format('%s cannot be %s', v.name, v.value)
)
from (
    values
        ('layout', '''tall''', '23514'),
        ('layout', 'null', '23502'),
        ('strategy', '''magic''', '23514'),
        ('strategy', 'null', '23502'),
        ('tracking', '''magic''', '23514'),
        ('tracking', 'null', '23502'),
        ('lookback_days', '0', '23514'),
        ('lookback_days', 'null', '23502')
) as v (name, value, sqlstate);

select * from finish();
