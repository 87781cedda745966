-- Makes sure that a refresh does not write what an older snapshot sees. Called by
-- ahu.refresh_dashboard_views before it folds anything.
create or replace procedure _ahu.take_turn()
set search_path = pg_catalog, pg_temp
language plpgsql
as $take_turn$
begin
    update _ahu.refresh_turn as t
    set turn = t.turn + 1;

    -- See _ahu.note_inserted.
    perform set_config('ahu_sql.refreshed', 'on', true);
exception
    when serialization_failure then
        raise exception 'another refresh has committed since this transaction began'
            using
                errcode = 'serialization_failure',
                detail = format(
                    'This transaction is %s: it sees readings as they were before.',
                    current_setting('transaction_isolation')
                ),
                hint = 'Roll back and call again, or call under READ COMMITTED.';
end
$take_turn$;

comment on procedure _ahu.take_turn() is
    'Counts the refresh, and notes it in the transaction''s setting ahu_sql.refreshed. Error 40001: '
    'the transaction''s snapshot is older than the last refresh.';

revoke all on procedure _ahu.take_turn() from public;
