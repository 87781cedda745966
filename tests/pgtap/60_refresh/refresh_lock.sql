-- The lock's number has one name.
select plan(2);

select is(_ahu.refresh_lock(), 7020050001, 'the number stays what older versions wait for');
select volatility_is('_ahu', 'refresh_lock', array[]::name[], 'immutable', 'it never changes');

select * from finish();
