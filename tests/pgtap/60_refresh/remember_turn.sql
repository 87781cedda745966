-- An install that makes rollups notes which refresh they can show at best.
select plan(2);

update _ahu.refresh_turn
set turn = 41;
call _ahu.remember_turn();
update _ahu.refresh_turn
set turn = 42;
call _ahu.remember_turn();
select is(current_setting('ahu_sql.turn'), '41', 'the first that it saw');
select set_config('ahu_sql.turn', '', true);
call _ahu.remember_turn();
select is(
    current_setting('ahu_sql.turn'), '42', 'a transaction that has noted none notes the last'
);

select * from finish();
