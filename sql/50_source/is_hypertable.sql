-- TimescaleDB need not be here: its catalog is asked for only where it is. The extension is what is
-- looked for, and not a table of that name, which anybody could make for us to read.
create or replace function _ahu.is_hypertable(raw_table regclass)
returns boolean
stable
set search_path = pg_catalog, pg_temp
language plpgsql
as $is_hypertable$
declare
    v_is_hypertable boolean;
begin
    if _ahu.extension_version('timescaledb') is null then
        return false;
    end if;

    execute $query$
        select
            exists (
                select
                from _timescaledb_catalog.hypertable as h
                join pg_catalog.pg_namespace as n
                    on n.nspname = h.schema_name
                join pg_catalog.pg_class as c
                    on c.relnamespace = n.oid
                    and c.relname = h.table_name
                where c.oid = $1
            )
    $query$
    into v_is_hypertable
    using raw_table;

    return v_is_hypertable;
end
$is_hypertable$;

comment on function _ahu.is_hypertable(regclass) is
    'Whether TimescaleDB keeps the table in chunks.';

revoke all on function _ahu.is_hypertable(regclass) from public;
