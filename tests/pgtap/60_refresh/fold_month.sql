-- A month is the sum of its days, for the AHUs that are named.
select plan(11);

insert into _ahu.daily_rollup (
    day, ahu_id, readings, newest_reading, steam_cost, cold_water_cost, electricity_cost
)
values
    ('2024-01-31', 'AHU01', 1, now(), 1000, 1000, 1000),
    ('2024-02-01', 'AHU01', 2, now(), 0.1, null, null),
    ('2024-02-29', 'AHU01', 3, now(), 0.02, null, 5),
    ('2024-03-01', 'AHU01', 4, now(), 1000, 1000, 1000),
    ('2024-02-10', 'AHU02', 5, now(), 7, 8, 9);

call _ahu.fold_month('2024-02-01', array['AHU01', 'AHU99']);
select results_eq(
    $$
        select
            month,
            ahu_id,
            readings,
            steam_cost,
            cold_water_cost,
            electricity_cost,
            total_cost
        from _ahu.monthly_rollup
    $$,
    $$
        values (
            '2024-02-01'::date, 'AHU01', 5::bigint, 0.12, null::numeric, 5::numeric, 5.12
        )
    $$,
    'its days from the first to the last are added up, what is unknown on all of them is unknown'
);

create temp table before as
select
    m.ctid as place
from _ahu.monthly_rollup as m;
call _ahu.fold_month('2024-02-01', array['AHU01']);
select results_eq(
    'select m.ctid as place from _ahu.monthly_rollup as m',
    'select b.place from before as b',
    'a month that came out the same is not rewritten'
);

update _ahu.daily_rollup
set cold_water_cost = 0
where day = '2024-02-01'
    and ahu_id = 'AHU01';
call _ahu.fold_month('2024-02-01', array['AHU01']);
select is(
    (select m.cold_water_cost from _ahu.monthly_rollup as m),
    0::numeric,
    'an unknown cost that becomes zero is a change'
);
update _ahu.daily_rollup
set steam_cost = null
where ahu_id = 'AHU01';
call _ahu.fold_month('2024-02-01', array['AHU01']);
select is(
    (select m.steam_cost from _ahu.monthly_rollup as m),
    null,
    'so is a cost that becomes unknown'
);
update _ahu.daily_rollup
set electricity_cost = 6
where day = '2024-02-29';
call _ahu.fold_month('2024-02-01', array['AHU01']);
select is(
    (select m.electricity_cost from _ahu.monthly_rollup as m),
    6::numeric,
    'so is another cost of electricity'
);
update _ahu.daily_rollup
set readings = 30
where day = '2024-02-29';
call _ahu.fold_month('2024-02-01', array['AHU01']);
select is(
    (select m.readings from _ahu.monthly_rollup as m),
    32::bigint,
    'so is another number of readings'
);

call _ahu.fold_month('2024-02-01', array['AHU02']);
delete from _ahu.daily_rollup
where ahu_id = 'AHU01'
    and day between '2024-02-01' and '2024-02-29';
call _ahu.fold_month('2024-02-01', array['AHU02']);
select is(
    (select count(*) from _ahu.monthly_rollup),
    2::bigint,
    'an AHU that is not named is left alone'
);
call _ahu.fold_month('2024-03-01', array['AHU01']);
call _ahu.fold_month('2024-02-01', array['AHU01']);
select set_eq(
    'select month, ahu_id from _ahu.monthly_rollup',
    $$values ('2024-02-01'::date, 'AHU02'), ('2024-03-01', 'AHU01')$$,
    'a month without days has no row, and takes no other month along'
);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading, electricity_cost)
values
    ('2023-11-30', 'AHU01', 1, now(), 1000),
    ('2023-12-01', 'AHU01', 1, now(), 1),
    ('2023-12-31', 'AHU01', 1, now(), 2),
    ('2024-01-01', 'AHU01', 1, now(), 1000);
call _ahu.fold_month('2023-12-01', array['AHU01']);
select is(
    (select m.electricity_cost from _ahu.monthly_rollup as m where m.month = '2023-12-01'),
    3::numeric,
    'December ends with the year'
);
set local timezone = 'America/Los_Angeles';
call _ahu.fold_month('2024-03-01', array['AHU01']);
reset timezone;
select is(
    (select m.electricity_cost from _ahu.monthly_rollup as m where m.month = '2024-03-01'),
    1000::numeric,
    'a session in Los Angeles gets the same month'
);

insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading, electricity_cost)
values
    ('2024-06-01', 'AHU01', 1, now(), 1),
    ('2024-06-01', 'AHU02', 1, now(), 1);
call _ahu.fold_month('2024-06-01', array['AHU01', 'AHU02']);
delete from _ahu.daily_rollup
where day = '2024-06-01'
    and ahu_id = 'AHU01';
call _ahu.fold_month('2024-06-01', array['AHU01', 'AHU02']);
select results_eq(
    'select ahu_id from _ahu.monthly_rollup where month = ''2024-06-01''',
    'values (''AHU02'')',
    'of two AHUs that are named only one may have days left'
);

select * from finish();
