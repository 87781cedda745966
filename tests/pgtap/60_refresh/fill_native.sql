-- Native rollups that were never filled are filled, as soon as raw may be read.
select plan(10);

create function pg_temp.populated()
returns text
language sql
as $populated$
    select
        string_agg(c.relname, ', ' order by c.relname)
    from pg_class as c
    where c.relnamespace = '_ahu'::regnamespace
        and c.relkind = 'm'
        and c.relispopulated
$populated$;

select is(pg_temp.populated(), 'daily_native, monthly_native', 'after an install both are filled');
call tap.fill_native_site();
call _ahu.fill_native();
select is_empty(
    'select day from _ahu.daily_native',
    'what is filled is not filled again: that is what a refresh is for'
);
refresh materialized view _ahu.daily_native with no data;
refresh materialized view _ahu.monthly_native with no data;
call _ahu.fill_native();
select is(pg_temp.populated(), 'daily_native, monthly_native', 'what is empty is filled');
select is(
    (select sum(m.readings) from _ahu.monthly_native as m),
    6::numeric,
    'the daily one first, from which the monthly one is summed up'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-01 12:00+09', 'AHU03');
refresh materialized view _ahu.monthly_native with no data;
call _ahu.fill_native();
select is(
    (select sum(m.readings) from _ahu.monthly_native as m),
    6::numeric,
    'one that is empty is filled alone'
);

refresh materialized view _ahu.daily_native with no data;
revoke select on ahu_data.energy_readings from ahu_owner;
call _ahu.fill_native();
select is(
    pg_temp.populated(),
    'monthly_native',
    'as long as raw may not be read nothing is filled, and nothing is wrong'
);
grant select on ahu_data.energy_readings to ahu_owner;
revoke usage on schema ahu_data from ahu_owner;
call _ahu.fill_native();
select is(pg_temp.populated(), 'monthly_native', 'nor while its schema is closed');
grant usage on schema ahu_data to ahu_owner;
set local role ahu_owner;
call _ahu.fill_native();
reset role;
select is(
    pg_temp.populated(),
    'daily_native, monthly_native',
    'with the grants the owner can fill them'
);
create materialized view ahu_data.daily_native as select 1 as n with no data;
create materialized view _ahu.other as select 1 as n with no data;
call _ahu.fill_native();
select results_eq(
    $$
        select
            c.oid::regclass::text
        from pg_class as c
        where c.relkind = 'm'
            and not c.relispopulated
        order by 1
    $$,
    'values (''_ahu.other''), (''ahu_data.daily_native'')',
    'no view of another name or schema is filled'
);
drop materialized view _ahu.daily_native, _ahu.monthly_native cascade;
select lives_ok('call _ahu.fill_native()', 'without native rollups there is nothing to fill');

select * from finish();
