-- Whether a role may do something with an object of the site, by whatever way.
create or replace function _ahu.is_granted(
    object_type text,
    object_name text,
    privilege text,
    grantee text
)
returns boolean
stable
set search_path = pg_catalog, pg_temp
language sql
as $is_granted$
    select
        case object_type
            when 'database' then has_database_privilege(grantee, current_database(), privilege)
            when 'schema'
            then has_schema_privilege(grantee, to_regnamespace(object_name)::oid, privilege)
            when 'sequence'
            then has_sequence_privilege(grantee, to_regclass(object_name)::oid, privilege)
            else has_table_privilege(grantee, to_regclass(object_name)::oid, privilege)
        end
$is_granted$;

comment on function _ahu.is_granted(text, text, text, text) is
    'Whether the grantee has the privilege on a database (this one), schema, table or sequence; '
    'null: there is no such object.';

revoke all on function _ahu.is_granted(text, text, text, text) from public;
