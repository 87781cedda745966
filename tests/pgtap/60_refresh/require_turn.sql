-- An install gives way to a refresh that has committed since it read what its rollups show.
select plan(3);

select lives_ok('call _ahu.require_turn()', 'an install that made no rollups requires nothing');
call _ahu.remember_turn();
select lives_ok('call _ahu.require_turn()', 'nor does it mind where none has committed');
call _ahu.take_turn();
select throws_ok(
    'call _ahu.require_turn()',
    '55P03',
    'a refresh has committed while the rollups were switched',
    'where one has, it is to try again, as where a lock is not free'
);

select * from finish();
