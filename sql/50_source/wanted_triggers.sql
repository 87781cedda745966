-- The triggers that track changes on the raw table, by what the table is. 90_finish makes the table's
-- triggers follow; ahu.freshness looks whether they are there.
create or replace function _ahu.wanted_triggers()
returns table (
    trigger_name text,
    definition text
)
stable
set search_path = pg_catalog, pg_temp
language plpgsql
as $wanted_triggers$
declare
    v_table oid;
    v_is_partitioned boolean;
    v_moves text;
begin
    select
        c.oid,
        c.relkind = 'p'
    into v_table, v_is_partitioned
    from _ahu.source as s
    join pg_namespace as n
        on n.nspname = s.table_schema
    join pg_class as c
        on c.relnamespace = n.oid
        and c.relname = s.table_name;

    return query
    values
        (
            'ahu_note_inserted',
            'after insert on %s referencing new table as new_rows '
                'for each statement execute function _ahu.note_inserted()'
        ),
        (
            'ahu_note_deleted',
            'after delete on %s referencing old table as old_rows '
                'for each statement execute function _ahu.note_deleted()'
        ),
        (
            'ahu_note_truncated',
            'after truncate on %s for each statement execute function _ahu.note_truncated()'
        );

    if not v_is_partitioned then
        return query
        values (
            'ahu_note_updated',
            'after update on %s referencing old table as old_rows new table as new_rows '
                'for each statement execute function _ahu.note_updated()'
        );
        return;
    end if;

    -- A reading moves when its key does, or when a column does that a level of partitions goes by; where
    -- a level goes by an expression, every update may move one.
    select
        case
            when not bool_or(0 = any (p.partattrs::smallint[]))
            then (
                select
                    format(
                        'when ((%s) is distinct from (%s)) ',
                        string_agg(format('old.%I', a.attname), ', ' order by a.attname),
                        string_agg(format('new.%I', a.attname), ', ' order by a.attname)
                    )
                from (
                    select s.time_column::name as attname from _ahu.source as s
                    union
                    select s.ahu_column::name from _ahu.source as s
                    union
                    select
                        k.attname
                    from pg_partition_tree(v_table) as t
                    join pg_partitioned_table as q
                        on q.partrelid = t.relid
                    join pg_attribute as k
                        on k.attrelid = q.partrelid
                        and k.attnum = any (q.partattrs::smallint[])
                ) as a
            )
            else ''
        end
    into v_moves
    from pg_partition_tree(v_table) as t
    join pg_partitioned_table as p
        on p.partrelid = t.relid;

    return query
    values
        (
            'ahu_note_revised',
            'after update on %s referencing old table as old_rows '
                'for each statement execute function _ahu.note_revised()'
        ),
        (
            -- Row triggers fire in the order of their names: after those that may still change the row.
            'zz_ahu_note_moved',
            'before update on %s for each row ' || replace(v_moves, '%', '%%')
                || 'execute function _ahu.note_moved()'
        );
end
$wanted_triggers$;

comment on function _ahu.wanted_triggers() is
    'Names and definitions (%s is the table) of the triggers that the raw table needs.';

revoke all on function _ahu.wanted_triggers() from public;
