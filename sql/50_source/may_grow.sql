-- TimescaleDB puts row triggers on each new chunk in the name of the hypertable's owner, who must
-- be allowed to: else nobody can write to a new chunk. 90_finish grants it; another owner comes
-- without.
create or replace function _ahu.may_grow(raw_table regclass)
returns boolean
stable
set search_path = pg_catalog, pg_temp
language plpgsql
as $may_grow$
begin
    return not _ahu.is_hypertable(raw_table)
        or (
            select
                has_schema_privilege(c.relowner, '_ahu', 'usage')
                and has_function_privilege(c.relowner, '_ahu.note_deleted_reading()', 'execute')
            from pg_class as c
            where c.oid = raw_table
        );
end
$may_grow$;

comment on function _ahu.may_grow(regclass) is
    'Whether new chunks of the table can be given our row trigger; true: it is no hypertable.';

revoke all on function _ahu.may_grow(regclass) from public;
