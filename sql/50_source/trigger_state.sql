-- The triggers that the raw table needs, and whether it has them. 90_finish puts right what is
-- missing.
create or replace function _ahu.trigger_state()
returns table (
    trigger_name text,
    occasion text,
    call text,
    is_there boolean,
    is_right boolean,
    is_enabled boolean
)
stable
set search_path = pg_catalog, pg_temp
-- Definitions are compared as text, and a session may want every name in it quoted.
set quote_all_identifiers = off
language plpgsql
as $trigger_state$
begin
    return query
    select
        w.trigger_name,
        w.occasion,
        w.call,
        t.oid is not null,
        coalesce(right(pg_get_triggerdef(t.oid), length(w.call)) = w.call, false),
        coalesce(t.tgenabled in ('O', 'A'), false)
    from _ahu.wanted_triggers() as w
    cross join _ahu.source as s
    left join pg_trigger as t
        on t.tgrelid = to_regclass(format('%I.%I', s.table_schema, s.table_name))
        and t.tgname = w.trigger_name;
end
$trigger_state$;

comment on function _ahu.trigger_state() is
    'Each trigger that the raw table needs: whether it is there, calls what it should, and is '
    'enabled.';

revoke all on function _ahu.trigger_state() from public;
