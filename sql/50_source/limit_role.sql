-- Sets one limit of a login role, in this database where PostgreSQL knows such a thing. Used to set
-- the limits and to give back what was there before, and for passwords.
create or replace procedure _ahu.limit_role(role_name text, setting text, value text)
set search_path = pg_catalog, pg_temp
language plpgsql
as $limit_role$
begin
    if setting = 'connection limit' then
        execute format('alter role %I connection limit %s', role_name, value::integer);
    elsif setting = 'password' then
        -- Here, so that the secret stands in no statement that a client sends and a server logs;
        -- nor in the context of an error, which is why each is raised anew.
        begin
            execute format('alter role %I password %L', role_name, value);
        exception
            when insufficient_privilege then
                raise exception 'cannot set the password of role %', role_name
                    using
                        errcode = 'insufficient_privilege',
                        detail = format('Role %I may not alter it.', current_user),
                        hint = 'Connect as a superuser, or as a role with createrole that has the '
                            'admin option for it.';
            -- Others do not include it.
            when others or query_canceled then
                raise exception using
                    errcode = sqlstate,
                    message = sqlerrm,
                    hint = format('Run it again, or set it in psql: \password %I', role_name);
        end;
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
    'Sets a configuration parameter of a role in this database (null: resets it), its connection '
    'limit, or its password, as a SCRAM secret. Error 42501: the role may not be altered.';

revoke all on procedure _ahu.limit_role(text, text, text) from public;
