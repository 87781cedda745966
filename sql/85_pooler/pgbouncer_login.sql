-- The passwords of our two login roles, for pgbouncer's auth_query. An unknown name, or a password
-- that has expired, gives no row: pgbouncer takes a row of nulls for a fault of its configuration.
-- Dropped first: one of that name may have been made, and granted, by a member of ahu_owner. It
-- would keep its owner, who may read no passwords, and what was granted.
drop function if exists ahu.pgbouncer_login(text);

create or replace function ahu.pgbouncer_login(login text)
returns table (
    user_name text,
    password text
)
stable
strict
-- Only a superuser may read passwords; pgbouncer's role may ask for these two.
security definer
set search_path = pg_catalog, pg_temp
language sql
as $pgbouncer_login$
    select
        a.rolname::text,
        a.rolpassword
    from pg_catalog.pg_authid as a
    where a.rolname = login
        and a.rolname in ('ahu_read', 'ahu_write')
        and a.rolcanlogin
        and (a.rolvaliduntil is null or a.rolvaliduntil > clock_timestamp())
$pgbouncer_login$;

comment on function ahu.pgbouncer_login(text) is
    'Name and SCRAM secret of ahu_read or ahu_write, from pg_authid, for pgbouncer''s auth_query. '
    'No row: another name, no right to log in, or VALID UNTIL is over. login: the name that the '
    'client gives. user_name: the same. password: the secret; null: none was set.';

revoke all on function ahu.pgbouncer_login(text) from public;
grant execute on function ahu.pgbouncer_login(text) to ahu_pgbouncer;
