-- Sets one limit of a login role, in this database where PostgreSQL knows such a thing. Used to set
-- the limits and to give back what was there before.
create or replace procedure _ahu.limit_role(role_name text, setting text, value text)
set search_path = pg_catalog, pg_temp
language plpgsql
as $limit_role$
begin
    if setting = 'connection limit' then
        execute format('alter role %I connection limit %s', role_name, value);
    elsif value is null then
        execute format(
            'alter role %I in database %I reset %I', role_name, current_database(), setting
        );
    elsif setting = 'search_path' and value not in ('', '""') then
        -- A list of names that are quoted already; everything else is one value.
        execute format(
            'alter role %I in database %I set search_path = %s',
            role_name,
            current_database(),
            value
        );
    else
        execute format(
            'alter role %I in database %I set %I = %L',
            role_name,
            current_database(),
            setting,
            case when setting = 'search_path' then '' else value end
        );
    end if;
end
$limit_role$;

comment on procedure _ahu.limit_role(text, text, text) is
    'Sets a configuration parameter of a role in this database (null: resets it), or its '
    'connection limit.';

revoke all on procedure _ahu.limit_role(text, text, text) from public;
