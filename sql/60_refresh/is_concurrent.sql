-- Whether PostgreSQL would refresh a materialized view CONCURRENTLY: by its own rules.
create or replace function _ahu.is_concurrent(rollup regclass)
returns boolean
stable
set search_path = pg_catalog, pg_temp
language sql
as $is_concurrent$
    select
        c.relispopulated
        and exists (
            select
            from pg_index as i
            where i.indrelid = c.oid
                and i.indisunique
                and i.indimmediate
                and i.indisvalid
                and i.indpred is null
                and i.indexprs is null
        )
    from pg_class as c
    where c.oid = rollup
$is_concurrent$;

comment on function _ahu.is_concurrent(regclass) is
    'Whether the materialized view is populated and has a unique index that REFRESH ... '
    'CONCURRENTLY can use.';

revoke all on function _ahu.is_concurrent(regclass) from public;
