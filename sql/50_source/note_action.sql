-- Change tracking of a partitioned table: which statements' transition tables will show a reading
-- that moves to another partition. PostgreSQL (15 to 18) shows those that a MERGE moves to its
-- triggers for DELETE and INSERT, where it has such actions at all, and to nobody else; those that
-- an UPDATE moves to that one's trigger alone. Fires before and after each INSERT and DELETE, also
-- as actions of a MERGE, and says so to _ahu.note_moved by a setting of the transaction; at each
-- depth of triggers there is one statement at a time.
create or replace function _ahu.note_action()
returns trigger
volatile
set search_path = pg_catalog, pg_temp
language plpgsql
as $note_action$
begin
    perform set_config(
        format('ahu_sql.%s_%s', lower(tg_op), pg_trigger_depth()),
        case tg_when when 'BEFORE' then 'on' else 'off' end,
        true
    );
    return null;
end
$note_action$;

comment on function _ahu.note_action() is
    'Trigger of a partitioned raw table: tells _ahu.note_moved of the INSERT and DELETE that a MERGE '
    'has as actions.';

revoke all on function _ahu.note_action() from public;
