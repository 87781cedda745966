-- Puts the triggers on the raw table. Last of all, for it is the only step that makes the ETL wait: the
-- lock (share row exclusive) is held from here to the commit that follows at once.
do $track_changes$
declare
    v_table regclass;
    v_row record;
begin
    select
        pg_catalog.to_regclass(pg_catalog.format('%I.%I', s.table_schema, s.table_name))
    into v_table
    from _ahu.source as s;

    for v_row in
        select
            w.name,
            w.event,
            w.function
        from (
            values
                ('ahu_note_inserted', 'insert', 'note_inserted'),
                ('ahu_note_updated', 'update', 'note_updated'),
                ('ahu_note_deleted', 'delete', 'note_deleted'),
                ('ahu_note_truncated', 'truncate', 'note_truncated')
        ) as w (name, event, function)
        where not exists (
            select
            from pg_catalog.pg_trigger as t
            where t.tgrelid = v_table
                and t.tgname = w.name
        )
    loop
        execute pg_catalog.format(
            'create trigger %I after %s on %s %s for each statement execute function _ahu.%I()',
            v_row.name,
            v_row.event,
            v_table,
            case v_row.event
                when 'insert' then 'referencing new table as new_rows'
                when 'update' then 'referencing old table as old_rows new table as new_rows'
                when 'delete' then 'referencing old table as old_rows'
                else ''
            end,
            v_row.function
        );
        execute pg_catalog.format(
            'comment on trigger %I on %s is %L',
            v_row.name,
            v_table,
            'Change tracking of ahu-sql: logs which days and AHUs a statement changed.'
        );
    end loop;
end
$track_changes$;
