-- Whether every change of the raw table gets into the log: for ahu.freshness, whose readers know
-- nothing of the raw table.
create or replace function _ahu.is_tracked()
returns boolean
stable
-- Whoever reads ahu.freshness may ask.
security definer
set search_path = pg_catalog, pg_temp
language plpgsql
as $is_tracked$
declare
    v_table regclass;
    v_has_triggers boolean;
begin
    select
        to_regclass(format('%I.%I', s.table_schema, s.table_name))
    into v_table
    from _ahu.source as s
    where s.strategy = 'incremental'
        and s.tracking = 'triggers';

    if not found then
        return null;
    end if;

    v_has_triggers := (
        select bool_and(t.is_right and t.is_enabled) from _ahu.trigger_state() as t
    );

    return v_table is not null
        and v_has_triggers
        and not _ahu.blinds_triggers(v_table)
        and _ahu.may_grow(v_table)
        -- What a subscription writes fires no statement trigger.
        and not exists (
            select
            from pg_subscription_rel as s
            where s.srrelid = v_table
        )
        -- Statements on a parent, or on a child by inheritance, do not fire the raw table's
        -- triggers.
        and not exists (
            select
            from pg_inherits as i
            where i.inhrelid = v_table
        )
        and (
            _ahu.is_hypertable(v_table)
            or not exists (
                select
                from pg_inherits as i
                join pg_class as c
                    on c.oid = i.inhparent
                where i.inhparent = v_table
                    and c.relkind = 'r'
            )
        );
end
$is_tracked$;

comment on function _ahu.is_tracked() is
    'Whether the triggers that track changes are all on the raw table and enabled; null: the '
    'strategy or lookback needs none.';

revoke all on function _ahu.is_tracked() from public;
grant execute on function _ahu.is_tracked() to ahu_read, pg_monitor;
