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
            w.trigger_name,
            w.definition
        from _ahu.wanted_triggers() as w
        where not exists (
            select
            from pg_catalog.pg_trigger as t
            where t.tgrelid = v_table
                and t.tgname = w.trigger_name
        )
    loop
        execute pg_catalog.format(
            'create trigger %I ' || v_row.definition, v_row.trigger_name, v_table
        );
        execute pg_catalog.format(
            'comment on trigger %I on %s is %L',
            v_row.trigger_name,
            v_table,
            'Change tracking of ahu-sql: logs which days and AHUs a statement changed.'
        );
    end loop;
end
$track_changes$;
