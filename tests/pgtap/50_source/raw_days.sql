-- Which days have readings, whatever the session's TimeZone and however the clock was changed.
select plan(18);

select is_empty('select _ahu.raw_days()', 'an empty raw table has no days');
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('infinity', 'AHU01'),
    ('-infinity', 'AHU01'),
    ('0001-01-01 12:00+00', 'AHU01'),
    ('9999-12-31 12:00+00', 'AHU01'),
    (null, 'AHU01');
select is_empty('select _ahu.raw_days()', 'readings without a day in any calendar do not count');
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2021-06-01 00:00+09', 'AHU02'),
    ('2024-03-01 00:00+09', 'AHU01'),
    ('2024-03-01 12:00+09', 'AHU02'),
    ('2024-03-01 23:59:59.999999+09', 'AHU01'),
    ('2024-03-03 23:59:59.999999+09', 'AHU01');
select results_eq(
    'select day from _ahu.raw_days() as d (day) order by day',
    $$values ('2021-06-01'::date), ('2024-03-01'), ('2024-03-03')$$,
    'each day that has readings once, of whatever AHU, and none of those between'
);
set local timezone = 'America/Los_Angeles';
select results_eq(
    'select day from _ahu.raw_days() as d (day) order by day',
    $$values ('2021-06-01'::date), ('2024-03-01'), ('2024-03-03')$$,
    'the same from a session in Los Angeles'
);
reset timezone;
delete from ahu_data.energy_readings;

-- Seoul's clock was an hour ahead from 10 May to 11 October 1987: then the bins of 24 hours cut the
-- days an hour from midnight.
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('1987-07-01 00:30+10', 'AHU01'),
    ('1987-07-03 23:30+10', 'AHU01');
select results_eq(
    'select day from _ahu.raw_days() as d (day) order by day',
    $$values ('1987-07-01'::date), ('1987-07-03')$$,
    'in summer time too, the first and the last hour of a day belong to it alone'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('1987-07-05 23:30+10', 'AHU01'),
    ('1987-07-06 00:30+10', 'AHU01');
select results_eq(
    'select day from _ahu.raw_days() as d (day) order by day',
    $$values ('1987-07-01'::date), ('1987-07-03'), ('1987-07-05'), ('1987-07-06')$$,
    'two readings in one bin may lie in two days'
);
delete from ahu_data.energy_readings;

-- Over all changes of the clock that Seoul had, with several readings in a bin or at most one.
create function pg_temp.days_missing(step interval)
returns setof date
language plpgsql
as $days_missing$
begin
    delete from ahu_data.energy_readings;
    insert into ahu_data.energy_readings (timestamp, ahu_id)
    select
        g.at,
        'AHU01'
    from generate_series(
        '1948-01-01 00:00+00'::timestamptz, '1989-01-01 00:00+00'::timestamptz, step
    ) as g (at);
    return query
    select
        _ahu.local_day(r.timestamp)
    from ahu_data.energy_readings as r
    except
    select
        d.day
    from _ahu.raw_days() as d (day);
end
$days_missing$;
select is_empty(
    format('select pg_temp.days_missing(%L)', s.step),
    'no day is left out, with a reading every ' || s.step
)
from (values ('7 hours'), ('41 hours')) as s (step);
select is_empty(
    $$
        select
            d.day
        from _ahu.raw_days() as d (day)
        except
        select
            _ahu.local_day(r.timestamp) + g.days
        from ahu_data.energy_readings as r
        cross join generate_series(-1, 1) as g (days)
    $$,
    'a day that has no reading stands beside one that has'
);

-- Row security that holds for the owner of the rollups too. A policy would only let it see some.
alter table ahu_data.energy_readings enable row level security;
create policy some_readings on ahu_data.energy_readings
using (ahu_id = 'AHU01');
set local role ahu_owner;
select throws_ok(
    'select _ahu.raw_days()',
    '42501',
    'query would be affected by row-level security policy for table "energy_readings"',
    'where row security hides readings, there is an error and not fewer days'
);
reset role;
alter table ahu_data.energy_readings disable row level security;
set local role ahu_owner;
select lives_ok(
    'select _ahu.raw_days()',
    'and when it is off again there is none'
);
reset role;

-- From a day on.
delete from ahu_data.energy_readings;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-02-29 23:59:59.999999+09', 'AHU01'),
    ('2024-03-01 00:00+09', 'AHU01'),
    ('2024-03-03 12:00+09', 'AHU01');
create function pg_temp.days_from(from_day date)
returns date[]
language sql
as 'select array_agg(d.day order by d.day) from _ahu.raw_days(days_from.from_day) as d (day)';
select is(
    pg_temp.days_from('2024-03-01'),
    array['2024-03-01', '2024-03-03']::date[],
    'the day that is given is the first'
);
select is(
    pg_temp.days_from('2024-03-02'),
    array['2024-03-03']::date[],
    'whether it has readings or not'
);
select is(pg_temp.days_from('2024-03-04'), null, 'after the last one there is none');
select is(
    pg_temp.days_from(null),
    array['2024-02-29', '2024-03-01', '2024-03-03']::date[],
    'no day is every day'
);
set local timezone = 'America/Los_Angeles';
select is(
    pg_temp.days_from('2024-03-01'),
    array['2024-03-01', '2024-03-03']::date[],
    'it is the site''s day, from a session in Los Angeles too'
);
reset timezone;
-- Seoul's clock went back in the night to 11 October 1987.
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('1987-10-10 23:30+10', 'AHU01'),
    ('1987-10-11 00:00+09', 'AHU01');
select ok(
    pg_temp.days_from('1987-10-11') @> array['1987-10-11', '2024-03-03']::date[],
    'near a change of the clock no reading of the day that is given is left out'
);
select ok(
    '1987-10-10'::date <> all (pg_temp.days_from('1987-10-11')),
    'nor is the day before named, of which the span holds a reading'
);

select * from finish();
