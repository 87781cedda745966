-- The refresh lock belongs to the transaction. What a second session is told is tested in tests/py.
-- needs_sessions: who holds a lock is not to be seen there
select plan(8);

create view pg_temp.held as
select
    l.mode
from pg_locks as l
where l.locktype = 'advisory'
    and l.pid = pg_backend_pid()
    and l.granted
    and l.classid::bigint << 32 | l.objid::bigint = 7020050001
    and l.objsubid = 1;

select is_empty('select * from pg_temp.held', 'nobody holds it yet');
set local lock_timeout = '77s';
select ok(_ahu.acquire_refresh_lock('0'), 'a free lock is taken without waiting');
select results_eq(
    'select mode from pg_temp.held',
    'values (''ExclusiveLock'')',
    'nobody else can have it meanwhile'
);
select ok(_ahu.acquire_refresh_lock('0'), 'who has it gets it again');
select ok(_ahu.acquire_refresh_lock('5 minutes'), 'however long it would wait');
select is(current_setting('lock_timeout'), '77s', 'the caller''s lock_timeout is what it was');

-- A session lock could be given back here; a transaction lock stays until the transaction ends.
set local client_min_messages = error;
select ok(not pg_advisory_unlock(7020050001), 'it is no session lock');
reset client_min_messages;
select isnt_empty('select * from pg_temp.held', 'it is held until the transaction ends');

select * from finish();
