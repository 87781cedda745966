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
    insert into _ahu.pending_changes (reason, day)
    select distinct
        'truncate',
        d.day
    from _ahu.daily_rollup as d;

    return null;
end
$note_truncated$;

comment on function _ahu.note_truncated() is
    'Trigger of the raw table: logs every stored day as pending after a TRUNCATE.';

revoke all on function _ahu.note_truncated() from public;
