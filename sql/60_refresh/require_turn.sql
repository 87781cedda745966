-- Makes an install that switches the strategy give way to a refresh that has committed since it
-- read what its rollups show: readers would see older contents than before. Called last of all,
-- where the install holds the raw table: so it waits for nothing, and holds off further refreshes
-- until it commits.
create or replace procedure _ahu.require_turn()
set search_path = pg_catalog, pg_temp
language plpgsql
as $require_turn$
declare
    v_remembered text := coalesce(current_setting('ahu_sql.turn', true), '');
    v_turn bigint;
begin
    if v_remembered = '' then
        return;
    end if;

    -- Error 55P03, as below, while a refresh is running.
    select
        t.turn
    into v_turn
    from _ahu.refresh_turn as t
    for update nowait;

    if v_turn::text <> v_remembered then
        raise exception 'a refresh has committed while the rollups were switched'
            using
                errcode = 'lock_not_available',
                detail = 'They would show less than it did.',
                hint = 'Run it again: ahu-sql install';
    end if;
end
$require_turn$;

comment on procedure _ahu.require_turn() is
    'Keeps refreshes off until the end of the transaction. Error 55P03: one is running, or has '
    'committed since _ahu.remember_turn.';

revoke all on procedure _ahu.require_turn() from public;
