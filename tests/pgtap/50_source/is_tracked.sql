-- Whether every change of the raw table gets into the log.
-- needs_sessions: a tracked table cannot become a child there
select plan(18);

select ok(_ahu.is_tracked(), 'after an install changes are tracked');
set local role ahu_read;
select ok(
    (select bool_and(f.is_tracked) from ahu.freshness as f),
    'whoever reads ahu.freshness is told'
);
select throws_ok(
    'select _ahu.is_tracked()',
    '42501',
    'permission denied for schema _ahu',
    'and asks only there'
);
reset role;

alter table ahu_data.energy_readings disable trigger ahu_note_updated;
select ok(not _ahu.is_tracked(), 'with a trigger disabled they are not');
alter table ahu_data.energy_readings enable always trigger ahu_note_updated;
select ok(_ahu.is_tracked(), 'with one that always fires they are');
drop trigger ahu_note_updated on ahu_data.energy_readings;
select ok(not _ahu.is_tracked(), 'with one missing they are not');
create trigger ahu_note_updated after update on ahu_data.energy_readings
for each statement execute function _ahu.note_truncated();
select ok(not _ahu.is_tracked(), 'with one that calls something else they are not');
drop trigger ahu_note_updated on ahu_data.energy_readings;
call tap.track('updated');
select ok(_ahu.is_tracked(), 'and are when it is put right');

create table ahu_data.child () inherits (ahu_data.energy_readings);
select ok(
    not _ahu.is_tracked(),
    'a statement on a child by inheritance would fire nothing'
);
alter table ahu_data.child no inherit ahu_data.energy_readings;
create table ahu_data.parent (like ahu_data.energy_readings);
alter table ahu_data.energy_readings inherit ahu_data.parent;
select ok(
    not _ahu.is_tracked(),
    'nor would one on a parent'
);
alter table ahu_data.energy_readings no inherit ahu_data.parent;
create table ahu_data.other () inherits (ahu_data.parent);
select ok(_ahu.is_tracked(), 'what other tables inherit is theirs');

insert into pg_subscription_rel (srsubid, srrelid, srsubstate)
values (4242, 'ahu_data.child'::regclass, 'r');
select ok(_ahu.is_tracked(), 'another table may have a subscription write to it');
update pg_subscription_rel
set srrelid = 'ahu_data.energy_readings'::regclass
where srsubid = 4242;
select ok(not _ahu.is_tracked(), 'to the raw table it would write and fire nothing');
delete from pg_subscription_rel
where srsubid = 4242;

update _ahu.source
set tracking = 'lookback';
select is(_ahu.is_tracked(), null, 'lookback tracks nothing and needs to track nothing');
update _ahu.source
set tracking = 'triggers',
    strategy = 'native';
select is(_ahu.is_tracked(), null, 'nor does the strategy native');
update _ahu.source
set strategy = 'incremental',
    table_name = 'gone';
select is(_ahu.is_tracked(), false, 'a raw table that is not there is not tracked');
update _ahu.source
set table_name = 'energy_readings';

-- Of an empty list of triggers all would be well.
create or replace function _ahu.wanted_triggers()
returns table (
    trigger_name text,
    occasion text,
    call text
)
language sql
as 'select null::text, null::text, null::text where false';
select isnt(_ahu.is_tracked(), true, 'no trigger at all is no tracking');
select ok(
    (
        select
            p.prosecdef and p.provolatile = 's'
        from pg_proc as p
        where p.oid = '_ahu.is_tracked()'::regprocedure
    ),
    'it asks with its owner''s rights, and writes nothing'
);

select * from finish();
