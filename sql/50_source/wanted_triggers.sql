-- The triggers that track changes on the raw table, by what the table is. 90_finish makes the
-- table's triggers follow; ahu.freshness looks whether they are there.
create or replace function _ahu.wanted_triggers()
returns table (
    trigger_name text,
    occasion text,
    call text
)
stable
set search_path = pg_catalog, pg_temp
language plpgsql
as $wanted_triggers$
declare
    v_is_wanted boolean;
    v_table oid;
    v_is_partitioned boolean;
    v_columns text;
begin
    select
        s.strategy = 'incremental' and s.tracking = 'triggers',
        c.oid,
        c.relkind = 'p'
    into v_is_wanted, v_table, v_is_partitioned
    from _ahu.source as s
    join pg_namespace as n
        on n.nspname = s.table_schema
    join pg_class as c
        on c.relnamespace = n.oid
        and c.relname = s.table_name;

    if not v_is_wanted then
        return;
    end if;

    return query
    values
        (
            'ahu_note_inserted',
            'after insert on %s referencing new table as new_rows for each statement',
            '_ahu.note_inserted()'
        ),
        (
            'ahu_note_truncated',
            'after truncate on %s for each statement',
            '_ahu.note_truncated()'
        );

    if _ahu.is_hypertable(v_table) then
        return query
        values (
            'ahu_note_deleted',
            'after delete on %s for each row',
            '_ahu.note_deleted_reading()'
        );
    else
        return query
        values (
            'ahu_note_deleted',
            'after delete on %s referencing old table as old_rows for each statement',
            '_ahu.note_deleted()'
        );
    end if;

    if not v_is_partitioned then
        return query
        values (
            'ahu_note_updated',
            'after update on %s '
                'referencing old table as old_rows new table as new_rows for each statement',
            '_ahu.note_updated()'
        );
        return;
    end if;

    -- A reading moves when its time or AHU does, or a column that some level of partitions goes by.
    -- A * stands for a level that goes by an expression.
    select
        -- Quoted as pg_get_triggerdef does, which both are compared by.
        string_agg(
            distinct '''' || replace(coalesce(a.attname, '*'), '''', '''''') || '''', ', '
        )
    into v_columns
    from pg_partition_tree(v_table) as t
    join pg_partitioned_table as p
        on p.partrelid = t.relid
    cross join lateral unnest(p.partattrs::smallint[]) as k (attnum)
    left join pg_attribute as a
        on a.attrelid = p.partrelid
        and a.attnum = k.attnum
    where a.attname is null
        or a.attname not in (
            select s.time_column from _ahu.source as s
            union all
            select s.ahu_column from _ahu.source as s
        );

    return query
    values
        (
            'ahu_note_revised',
            'after update on %s referencing old table as old_rows for each statement',
            '_ahu.note_revised()'
        ),
        (
            'ahu_note_action',
            'before insert or delete on %s for each statement',
            '_ahu.note_action()'
        ),
        (
            'ahu_note_action_done',
            'after insert or delete on %s for each statement',
            '_ahu.note_action()'
        ),
        (
            -- Row triggers fire in the order of their names: after those that may still change the
            -- row.
            'zz_ahu_note_moved',
            'before update on %s for each row',
            format('_ahu.note_moved(%s)', v_columns)
        );
end
$wanted_triggers$;

comment on function _ahu.wanted_triggers() is
    'Triggers that the raw table needs: name, when each fires (%s is the table), and what it '
    'calls. None under lookback and under the strategy native.';

revoke all on function _ahu.wanted_triggers() from public;
