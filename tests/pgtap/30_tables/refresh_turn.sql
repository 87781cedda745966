-- Which refresh it is: one row, that each refresh writes.
select plan(8);

select columns_are(
    '_ahu', 'refresh_turn', array['only_row', 'turn'], 'the columns are these'
);
select col_type_is('_ahu', 'refresh_turn', 'turn', 'bigint', 'turn is bigint');
select is(
    (select count(*) from _ahu.refresh_turn),
    1::bigint,
    'an install leaves one row'
);
select throws_ok(
    'insert into _ahu.refresh_turn (only_row) values (true)',
    '23505',
    null,
    'there is no second row'
);
select throws_ok(
    'insert into _ahu.refresh_turn (only_row) values (false)',
    '23514',
    null,
    'there is no second row of another kind'
);
select throws_ok(
    'update _ahu.refresh_turn set turn = null',
    '23502',
    null,
    'the turn is always known'
);
delete from _ahu.refresh_turn;
select results_eq(
    $$
        insert into _ahu.refresh_turn default values
        returning only_row, turn
    $$,
    'values (true, 0::bigint)',
    'the first turn is still to come'
);
select ok(
    (
        select
            'fillfactor=10' = any (c.reloptions)
        from pg_class as c
        where c.oid = '_ahu.refresh_turn'::regclass
    ),
    'its page has room for the versions of the row'
);

select * from finish();
