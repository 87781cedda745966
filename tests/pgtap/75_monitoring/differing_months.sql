-- A month is right when it is the sum of its stored days, whatever raw says of those.
select plan(11);

call tap.add('2024-01-31 12:00+09', 'AHU01', 3);
call tap.add('2024-02-01 12:00+09', 'AHU01', 4);
call tap.add('2024-02-29 12:00+09', 'AHU01', 5);
call tap.add('2024-02-29 12:00+09', 'AHU02', 6);
call tap.add('2024-03-01 12:00+09', 'AHU01', 7);
call ahu.refresh_dashboard_views();
create view pg_temp.february as
select
    format(
        '%s %s/%s %s: %s',
        m.ahu_id,
        m.stored_readings,
        m.summed_readings,
        m.reason,
        array_to_string(m.measures, ' ')
    ) as line
from _ahu.differing_months('2024-02-01') as m;

select is_empty('select line from pg_temp.february', 'after a refresh each month is right');
call tap.drop_silently('timestamp < ''2024-02-29 00:00+09''');
select is_empty('select line from pg_temp.february', 'and stays so when raw readings go');

-- Each column of it, a row too many, and one too few.
update _ahu.monthly_rollup
set readings = 8,
    steam_cost = 0,
    cold_water_cost = 'NaN',
    electricity_cost = null
where ahu_id = 'AHU01';
delete from _ahu.monthly_rollup
where ahu_id = 'AHU02';
insert into _ahu.monthly_rollup (month, ahu_id, readings)
values ('2024-02-01', 'AHU03', 1);
select results_eq(
    'select line from pg_temp.february',
    $$
        values
            ('AHU01 8/9 tracking bypassed: '
                'readings steam_cost cold_water_cost electricity_cost'),
            ('AHU02 0/6 tracking bypassed: readings electricity_cost'),
            ('AHU03 1/0 tracking bypassed: readings')
    $$,
    'each number is compared, null is not zero, and a row may be missing or too many'
);

-- Pending is what the next refresh sums up again for certain.
insert into _ahu.pending_changes (reason, day, ahu_ids)
values
    ('update', '2024-02-29', array['AHU01', 'AHU02']),
    ('insert', '2024-02-29', null),
    ('delete', '2024-02-01', array['AHU01']),
    ('truncate', '2024-02-01', null),
    ('lookback', '2024-02-01', null),
    ('mark_changed', '2024-01-31', null),
    ('mark_changed', '2024-03-01', array['AHU01', 'AHU02']);
select results_eq(
    'select line from pg_temp.february where line like ''%pending%''',
    'select null::text where false',
    'what writers logged need not change a day, and what is marked in other months does not count'
);
call ahu.mark_changed('2024-02-29', '2024-02-29', array['AHU02', 'AHU03']);
select results_eq(
    'select line from pg_temp.february where line like ''%pending%''',
    $$
        values
            ('AHU02 0/6 pending: readings electricity_cost'),
            ('AHU03 1/0 pending: readings')
    $$,
    'what is marked by hand is pending'
);
call ahu.mark_changed('2024-02-02', '2024-02-02');
select is(
    (select count(*)::integer from pg_temp.february as f where f.line like '%pending%'),
    3,
    'of every AHU where none is named'
);
call ahu.refresh_dashboard_views();
select is_empty('select line from pg_temp.february', 'the refresh puts all of it right');
select results_eq(
    'select line from tap.stored_months where line like ''02%''',
    $$values ('02 AHU01 9 9'), ('02 AHU02 6 6')$$,
    'as what is stored adds up'
);
insert into _ahu.monthly_rollup (month, ahu_id, readings)
values ('2024-02-01', 'AHU03', 1);
insert into _ahu.pending_changes (reason, day)
values ('backfill', '2024-02-02');
select results_eq(
    'select line from pg_temp.february',
    $$values ('AHU03 1/0 pending: readings')$$,
    'the backfill marks as well'
);
call ahu.refresh_dashboard_views();
select is_empty('select line from pg_temp.february', 'a row too many goes');
select is_empty(
    'select m.ahu_id from _ahu.differing_months(''9999-12-01'') as m',
    'the last month that there is can be asked for'
);

select * from finish();
