-- The triggers of the raw table.
select plan(3);

select set_eq(
    $$
        select
            pg_get_triggerdef(t.oid)
        from pg_trigger as t
        where t.tgrelid = 'ahu_data.energy_readings'::regclass
            and not t.tgisinternal
    $$,
    $$
        values
            ('CREATE TRIGGER ahu_note_inserted AFTER INSERT ON ahu_data.energy_readings '
                'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT '
                'EXECUTE FUNCTION _ahu.note_inserted()'),
            ('CREATE TRIGGER ahu_note_updated AFTER UPDATE ON ahu_data.energy_readings '
                'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT '
                'EXECUTE FUNCTION _ahu.note_updated()'),
            ('CREATE TRIGGER ahu_note_deleted AFTER DELETE ON ahu_data.energy_readings '
                'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT '
                'EXECUTE FUNCTION _ahu.note_deleted()'),
            ('CREATE TRIGGER ahu_note_truncated AFTER TRUNCATE ON ahu_data.energy_readings '
                'FOR EACH STATEMENT EXECUTE FUNCTION _ahu.note_truncated()')
    $$,
    'the raw table has our four triggers, one each for what can change it'
);
select is(
    (
        select
            count(*)
        from pg_trigger as t
        where t.tgrelid = 'ahu_data.energy_readings'::regclass
            and t.tgenabled = 'O'
            and obj_description(t.oid, 'pg_trigger')
                = 'Change tracking of ahu-sql: logs which days and AHUs a statement changed.'
    ),
    4::bigint,
    'each is enabled, and says whose it is'
);
select is_empty(
    $$
        select
            t.tgname
        from pg_trigger as t
        where t.tgrelid = 'ahu_data.energy_readings'::regclass
            and not t.tgisinternal
            and t.tgtype & 1 = 1
    $$,
    'none of them runs once per reading'
);

select * from finish();
