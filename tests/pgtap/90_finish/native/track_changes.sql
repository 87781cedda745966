-- The strategy native touches nothing of the raw table.
select plan(3);

select is_empty(
    $$
        select
            t.tgname
        from pg_trigger as t
        where t.tgrelid = 'ahu_data.energy_readings'::regclass
    $$,
    'the raw table has no trigger'
);
select is_empty(
    'select trigger_name from _ahu.wanted_triggers()',
    'and needs none'
);
call tap.fill_native_site();
delete from ahu_data.energy_readings;
select is_empty('select day from _ahu.pending_changes', 'nothing is logged');

select * from finish();
