-- What only looks like the raw table is not read: its owner's code would run with our rights.
-- The same by the commands of a superuser: tests/py/database/
-- test_hostile_neighbours.py.
select plan(8);

create function pg_temp.ask(raw_table regclass)
returns text[]
language sql
as $ask$
    select tap.error_of(format('call _ahu.require_readings(%L)', ask.raw_table))
$ask$;

create table public.sprung (by_whom name not null);
create type public.odd as enum ('AHU01', 'AHU02');
create function public.spring(odd public.odd)
returns text
language plpgsql
as $spring$
begin
    insert into public.sprung (by_whom) values (current_user);
    return 'AHU02';
end
$spring$;
create cast (public.odd as text) with function public.spring(public.odd);
grant insert on public.sprung to public;

select is(
    pg_temp.ask('ahu_data.energy_readings'), null, 'the raw table that was installed for is read'
);

alter table ahu_data.energy_readings add column mine public.odd;
create domain public.energy as numeric check (value >= 0);
alter table ahu_data.energy_readings alter sf_electricity_kwh type public.energy;
select is(
    pg_temp.ask('ahu_data.energy_readings'),
    null,
    'a domain over a type of PostgreSQL is; whatever other columns there are does not matter'
);

call tap.add('2024-01-05 12:00+09', 'AHU01', 1);
alter table ahu_data.energy_readings
    alter ahu_id type public.odd using ahu_id::public.odd;
select is(
    pg_temp.ask('ahu_data.energy_readings'),
    array[
        '42804',
        'columns of the raw table ahu_data.energy_readings have types of somebody''s making',
        'ahu_id is public.odd; casts of theirs could run code of their owner.',
        'Give them types of PostgreSQL again: alter table ... alter ... type ...'
    ],
    'a type that somebody has made is not, whose casts he has made too'
);

select throws_ok(
    'call ahu.refresh_dashboard_views()', '42804', null, 'nor by a refresh of what is pending'
);
select throws_ok(
    $$select from ahu.verify_dashboard_views('2024-01-05', '2024-01-05')$$,
    '42804',
    null,
    'nor by whoever verifies'
);

alter table ahu_data.energy_readings rename to hidden;
create view ahu_data.energy_readings as
select
    h.timestamp,
    h.ahu_id::text as ahu_id
from ahu_data.hidden as h;
select is(
    pg_temp.ask('ahu_data.energy_readings'),
    array[
        '42809',
        'the raw table ahu_data.energy_readings is a table no more',
        'What stands in place of the raw table could run code of its owner.',
        'Put the table back under its name, or name it in ahu-sql.toml and run ahu-sql install.'
    ],
    'a view in its place is not read'
);
select throws_ok(
    'select from _ahu.whole_extent()', '42809', null, 'not even for its first and last day'
);

select is_empty('select by_whom from public.sprung', 'nobody''s code was run');
select * from finish();
