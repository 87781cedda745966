-- Makes the raw table's triggers follow _ahu.wanted_triggers. Last of all, for it is the only step
-- that makes the ETL wait: the lock (share row exclusive) is held from here to the commit that
-- follows at once. A trigger that was missing or disabled left a gap: what the raw table has is
-- then to be marked as pending again.
do $track_changes$
declare
    v_table regclass;
    v_owner name;
    v_row record;
begin
    select
        pg_catalog.to_regclass(pg_catalog.format('%I.%I', s.table_schema, s.table_name))
    into v_table
    from _ahu.source as s;

    -- Another table may have had the raw table's name before, or been tracked in another way.
    for v_row in
        select
            t.trigger_name,
            t.raw_table
        from _ahu.our_triggers() as t
        where t.raw_table <> v_table
            or t.trigger_name not in (select w.trigger_name from _ahu.wanted_triggers() as w)
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_row.trigger_name, v_row.raw_table);
    end loop;

    -- TimescaleDB puts row triggers on each new chunk in the name of the hypertable's owner:
    -- without these the ETL could not write to it.
    select
        pg_catalog.pg_get_userbyid(c.relowner)
    into v_owner
    from pg_catalog.pg_class as c
    where c.oid = v_table
        and _ahu.is_hypertable(c.oid);

    if not pg_catalog.has_schema_privilege(v_owner, '_ahu', 'usage') then
        execute pg_catalog.format('grant usage on schema _ahu to %I', v_owner);
    end if;

    if not pg_catalog.has_function_privilege(v_owner, '_ahu.note_deleted_reading()', 'execute') then
        execute pg_catalog.format(
            'grant execute on function _ahu.note_deleted_reading() to %I', v_owner
        );
    end if;

    for v_row in
        select
            t.trigger_name,
            t.occasion,
            t.call,
            t.is_there,
            t.is_right
        from _ahu.trigger_state() as t
        where not (t.is_right and t.is_enabled)
    loop
        update _ahu.source as s
        set backfill_marked_at = null
        where s.backfill_marked_at is not null;

        -- TimescaleDB cannot enable a trigger.
        if v_row.is_right and v_owner is null then
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

    call _ahu.require_turn();
end
$track_changes$;
