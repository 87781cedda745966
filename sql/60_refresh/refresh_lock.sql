-- The one name of the number under which refreshes exclude each other in this database.
create or replace function _ahu.refresh_lock()
returns bigint
immutable
parallel safe
set search_path = pg_catalog, pg_temp
language sql
as $refresh_lock$
    select 7020050001
$refresh_lock$;

comment on function _ahu.refresh_lock() is
    'Number of the advisory lock that a refresh holds until its caller''s transaction ends.';

revoke all on function _ahu.refresh_lock() from public;
