-- What the raw table's triggers are like, compared with what they should be.
select plan(12);

select volatility_is('_ahu', 'trigger_state', array[]::text[], 'stable', 'asking writes nothing');
create view pg_temp.state as
select
    concat_ws(
        ' ',
        t.trigger_name,
        case when t.is_there then 'there' end,
        case when t.is_right then 'right' end,
        case when t.is_enabled then 'enabled' end
    ) as line
from _ahu.trigger_state() as t;
select set_eq(
    'select line from pg_temp.state',
    $$
        values
            ('ahu_note_deleted there right enabled'),
            ('ahu_note_inserted there right enabled'),
            ('ahu_note_truncated there right enabled'),
            ('ahu_note_updated there right enabled')
    $$,
    'after an install all is well'
);
select set_eq(
    'select trigger_name, occasion, call from _ahu.trigger_state()',
    'select trigger_name, occasion, call from _ahu.wanted_triggers()',
    'it tells what is wanted as well'
);

create function pg_temp.state_after(command text)
returns setof text
language plpgsql
as $state_after$
begin
    execute state_after.command;
    return query
    select
        s.line
    from pg_temp.state as s
    where s.line <> substring(s.line, '^\w+') || ' there right enabled';
end
$state_after$;
select set_eq(
    format(
        'select pg_temp.state_after(%L)',
        'alter table ahu_data.energy_readings ' || c.command
    ),
    format('select c.line from (values (%L)) as c (line) where c.line is not null', c.line),
    c.claim
)
from (
    values
        (1, 'disable trigger ahu_note_inserted', 'ahu_note_inserted there right',
            'one that is disabled is seen'),
        (2, 'enable replica trigger ahu_note_inserted', 'ahu_note_inserted there right',
            'one that fires for replication only is as good as disabled'),
        (3, 'enable always trigger ahu_note_inserted', null,
            'one that always fires is well'),
        (4, 'enable trigger ahu_note_inserted', null,
            'one that is enabled again is well')
) as c (place, command, line, claim)
order by c.place;
select set_eq(
    $$
        select pg_temp.state_after(
            'drop trigger ahu_note_truncated on ahu_data.energy_readings'
        )
    $$,
    'values (''ahu_note_truncated'')',
    'one that is missing is seen'
);
select set_eq(
    $$
        select pg_temp.state_after(
            'create trigger ahu_note_truncated after truncate on ahu_data.energy_readings
                for each statement execute function _ahu.note_updated()'
        )
    $$,
    'values (''ahu_note_truncated there enabled'')',
    'one that calls something else is seen'
);

-- The one function's name begins with the other's.
drop trigger ahu_note_truncated on ahu_data.energy_readings;
call tap.track('truncated');
drop trigger ahu_note_deleted on ahu_data.energy_readings;
select set_eq(
    $$
        select pg_temp.state_after(
            'create trigger ahu_note_deleted after delete on ahu_data.energy_readings
                for each row execute function _ahu.note_deleted_reading()'
        )
    $$,
    'values (''ahu_note_deleted there enabled'')',
    'a plain table needs the trigger that sees a statement''s rows together'
);

update _ahu.source
set tracking = 'lookback';
select is_empty('select line from pg_temp.state', 'lookback needs none');
update _ahu.source
set tracking = 'triggers',
    table_name = 'gone';
select is_empty(
    'select line from pg_temp.state where line like ''% %''',
    'a raw table that is not there has none'
);

select * from finish();
