-- Such as {2,19,3} for 2.19.3, {2,20,0} for 2.20.0-dev and {1,4} for 1.4-1: to be compared.
create or replace function _ahu.extension_version(extension name)
returns integer[]
stable
set search_path = pg_catalog, pg_temp
language sql
as $extension_version$
    select
        string_to_array(substring(e.extversion, '^[0-9]+(?:\.[0-9]+)*'), '.')::integer[]
    from pg_extension as e
    where e.extname = extension
$extension_version$;

comment on function _ahu.extension_version(name) is
    'Version of an extension that this database has; null: it has it not.';

revoke all on function _ahu.extension_version(name) from public;
