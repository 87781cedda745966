-- Puts the triggers on the raw table. Last of all, for it is the only step that makes the ETL wait:
-- the lock (share row exclusive) is held from here to the commit that follows at once. A trigger
-- that was missing or disabled left a gap: what the raw table has is then to be marked as pending
-- again.
do $track_changes$
declare
    v_table regclass;
    v_row record;
begin
    select
        pg_catalog.to_regclass(pg_catalog.format('%I.%I', s.table_schema, s.table_name))
    into v_table
    from _ahu.source as s;

    -- Another table may have had the raw table's name before.
    for v_row in
        select
            t.tgname,
            t.tgrelid::pg_catalog.regclass as table_name
        from pg_catalog.pg_trigger as t
        join pg_catalog.pg_proc as p
            on p.oid = t.tgfoid
        where p.pronamespace = '_ahu'::pg_catalog.regnamespace
            and t.tgrelid <> v_table
            and t.tgparentid = 0
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_row.tgname, v_row.table_name);
    end loop;

    for v_row in
        select
            w.trigger_name,
            w.occasion,
            w.call,
            t.oid is not null as is_there,
            c.is_right
        from _ahu.wanted_triggers() as w
        left join pg_catalog.pg_trigger as t
            on t.tgrelid = v_table
            and t.tgname = w.trigger_name
        cross join lateral (
            select
                coalesce(
                    pg_catalog.right(
                        pg_catalog.pg_get_triggerdef(t.oid), pg_catalog.length(w.call)
                    ) = w.call,
                    false
                ) as is_right
        ) as c
        where not c.is_right
            or t.tgenabled not in ('O', 'A')
    loop
        update _ahu.source as s
        set backfill_marked_at = null
        where s.backfill_marked_at is not null;

        if v_row.is_right then
            execute pg_catalog.format(
                'alter table %s enable trigger %I', v_table, v_row.trigger_name
            );
            continue;
        end if;

        if v_row.is_there then
            execute pg_catalog.format('drop trigger %I on %s', v_row.trigger_name, v_table);
        end if;

        execute pg_catalog.format(
            'create trigger %I ' || v_row.occasion || ' execute function %s',
            v_row.trigger_name,
            v_table,
            v_row.call
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
