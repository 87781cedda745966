-- Waits for the refresh lock, a transaction lock: a session lock would outlive a failed call behind
-- a transaction pool.
create or replace function _ahu.acquire_refresh_lock(wait_for interval)
returns boolean
volatile
set search_path = pg_catalog, pg_temp
language plpgsql
as $acquire_refresh_lock$
declare
    c_longest constant interval := interval '24 days';
    v_lock_timeout text := current_setting('lock_timeout');
    v_holders text;
begin
    if pg_try_advisory_xact_lock(_ahu.refresh_lock()) then
        return true;
    end if;

    if wait_for = interval '0' then
        return false;
    end if;

    begin
        perform set_config(
            'lock_timeout',
            greatest(ceil(extract(epoch from least(wait_for, c_longest)) * 1000), 1)::text,
            true
        );
        perform pg_advisory_xact_lock(_ahu.refresh_lock());
        perform set_config('lock_timeout', v_lock_timeout, true);
    exception
        when lock_not_available then
            select
                string_agg(l.pid::text, ', ' order by l.pid)
            into v_holders
            from pg_locks as l
            where l.locktype = 'advisory'
                and l.granted
                and l.database = (
                    select d.oid from pg_database as d where d.datname = current_database()
                )
                and (l.classid::bigint << 32 | l.objid::bigint) = _ahu.refresh_lock()
                and l.objsubid = 1;

            raise exception 'another refresh is still running after %', wait_for
                using
                    errcode = 'lock_not_available',
                    detail = format(
                        'The lock is held by %s. Nothing was done here.',
                        coalesce('process ' || v_holders, 'a prepared transaction')
                    ),
                    hint = 'Call again later, or wait longer: '
                        'call ahu.refresh_dashboard_views(wait_for => ''30 minutes'')';
    end;

    return true;
end
$acquire_refresh_lock$;

comment on function _ahu.acquire_refresh_lock(interval) is
    'Takes the refresh lock until the end of the transaction. wait_for 0: false when another '
    'refresh holds it; else an error (55P03) when it is not free within wait_for.';

revoke all on function _ahu.acquire_refresh_lock(interval) from public;
