-- Change tracking, TRUNCATE: everything stored is marked, but nothing is counted, so it is no
-- evidence. Keys that have no readings any more keep their summaries and go to quarantine.
create or replace function _ahu.note_truncated()
returns trigger
volatile
-- Writers have no right on the log.
security definer
set search_path = pg_catalog, pg_temp
language plpgsql
as $note_truncated$
begin
    -- Of a day that was stored since the transaction's snapshot it would not know, and nobody would
    -- hear that its readings are gone. Without waiting: a refresh that runs may wait for us.
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        begin
            perform
            from _ahu.refresh_turn as t
            for share nowait;
        exception
            when serialization_failure or lock_not_available then
                raise exception 'a refresh has come since this transaction began'
                    using
                        errcode = 'serialization_failure',
                        detail = format(
                            'This transaction is %s: it does not see which days are stored now.',
                            current_setting('transaction_isolation')
                        ),
                        hint = 'Roll back and truncate again, or truncate under READ COMMITTED.';
        end;
    end if;

    insert into _ahu.pending_changes (reason, day)
    select distinct
        'truncate',
        d.day
    from _ahu.daily_rollup as d;

    return null;
end
$note_truncated$;

comment on function _ahu.note_truncated() is
    'Trigger of the raw table: logs every stored day as pending after a TRUNCATE. Error 40001: the '
    'transaction''s snapshot is older than the last refresh.';

revoke all on function _ahu.note_truncated() from public;
