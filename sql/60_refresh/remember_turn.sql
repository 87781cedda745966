-- Remembers, until the end of an install's transaction, which refresh is the last that the rollups
-- it now makes can show. Called before they are read; _ahu.require_turn looks whether it still is.
create or replace procedure _ahu.remember_turn()
set search_path = pg_catalog, pg_temp
language plpgsql
as $remember_turn$
begin
    if coalesce(current_setting('ahu_sql.turn', true), '') = '' then
        perform set_config('ahu_sql.turn', t.turn::text, true)
        from _ahu.refresh_turn as t;
    end if;
end
$remember_turn$;

comment on procedure _ahu.remember_turn() is
    'Notes the last refresh in the setting ahu_sql.turn, unless this transaction has noted one.';

revoke all on procedure _ahu.remember_turn() from public;
