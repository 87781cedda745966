-- Whether a reading, as an UPDATE or MERGE leaves it, still belongs to the partition where it is.
-- Asks what PostgreSQL itself asks, the partition's constraint; but not where that would run
-- somebody's code, of an expression, a type or an operator class of his own.
create or replace function _ahu.stays_in_partition(leaf regclass, reading anyelement)
returns boolean
stable
set search_path = pg_catalog, pg_temp
language plpgsql
as $stays_in_partition$
declare
    v_stays boolean;
begin
    if exists (
        select
        from pg_partition_ancestors(stays_in_partition.leaf) as a
        join pg_partitioned_table as p
            on p.partrelid = a.relid
        cross join lateral unnest(p.partattrs::smallint[], p.partclass::oid[])
            as k (attnum, class_id)
        left join pg_attribute as c
            on c.attrelid = p.partrelid
            and c.attnum = k.attnum
        where c.attname is null
            or c.atttypid >= 16384
            or k.class_id >= 16384
    ) then
        return null;
    end if;

    execute format(
        'select %s from (select ($1).*) as r',
        coalesce(pg_get_partition_constraintdef(stays_in_partition.leaf), 'true')
    )
    into v_stays
    using stays_in_partition.reading;
    return v_stays;
end
$stays_in_partition$;

comment on function _ahu.stays_in_partition(regclass, anyelement) is
    'Whether the row belongs to that partition; null: to find out would run somebody''s own code.';

revoke all on function _ahu.stays_in_partition(regclass, anyelement) from public;
