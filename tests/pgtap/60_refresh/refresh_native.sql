-- The refresh of the strategy native: CONCURRENTLY, or in the hours that are set for it, or not.
select plan(23);

-- Which rollups have been written anew, for which readers wait, since it was asked last.
-- CONCURRENTLY writes only the differences.
create temp table files as
select
    c.relname,
    pg_relation_filenode(c.oid) as file
from pg_class as c
where c.oid in ('_ahu.daily_native'::regclass, '_ahu.monthly_native'::regclass);
create function pg_temp.written_anew()
returns text
language plpgsql
as $written_anew$
declare
    v_names text;
begin
    select
        string_agg(f.relname, ', ' order by f.relname)
    into v_names
    from files as f
    where f.file <> pg_relation_filenode(format('_ahu.%I', f.relname)::regclass);
    update files as f
    set file = pg_relation_filenode(format('_ahu.%I', f.relname)::regclass);
    return v_names;
end
$written_anew$;

-- Sets hours of low traffic that are now, or that are not.
create procedure pg_temp.set_low_traffic(is_now boolean)
language plpgsql
as $set_low_traffic$
declare
    v_now time := (clock_timestamp() at time zone 'Asia/Seoul')::time;
begin
    update ahu.settings
    set low_traffic_from = v_now + interval '11 hours' * (not is_now)::integer - interval '1 hour',
        low_traffic_until = v_now + interval '11 hours' * (not is_now)::integer + interval '1 hour';
end
$set_low_traffic$;

call tap.fill_native_site();
select is_empty('select day from _ahu.daily_summary', 'before a refresh nothing is in the views');
select is(
    tap.refresh(),
    'refreshed, days 3, keys 4, readings 6, quarantined 0, pending 0',
    'a refresh answers with what the views sum up'
);
select results_eq(
    'select day, ahu_id, readings, total_cost from _ahu.daily_summary order by day, ahu_id',
    $$
        values
            ('2024-03-01'::date, 'AHU01', 3::bigint, 3.5::numeric),
            ('2024-03-01', 'AHU02', 1, null),
            ('2024-03-02', 'AHU01', 1, 1),
            ('2024-04-01', 'AHU01', 1, 1)
    $$,
    'days are in'
);
select results_eq(
    'select month, ahu_id, readings, total_cost from _ahu.monthly_summary order by month, ahu_id',
    $$
        values
            ('2024-03-01'::date, 'AHU01', 4::bigint, 4.5::numeric),
            ('2024-03-01', 'AHU02', 1, null),
            ('2024-04-01', 'AHU01', 1, 1)
    $$,
    'and months too'
);
select is(pg_temp.written_anew(), null, 'nobody who reads had to wait');
select is(
    (
        select
            concat_ws(' ', r.outcome, r.days, r.keys, r.readings)
        from ahu.refresh_runs as r
        order by r.run_id desc
        limit 1
    ),
    'refreshed 3 4 6',
    'the run is on record'
);
delete from ahu_data.energy_readings
where ahu_id = 'AHU01'
    and timestamp < '2024-03-02 00:00+09';
select is(
    tap.refresh(max_days => 1),
    'refreshed, days 3, keys 3, readings 3, quarantined 0, pending 0',
    'what is deleted is gone after the next one; max_days is no limit'
);

-- Not concurrently: a lost index.
create function pg_temp.runs()
returns bigint
language sql
as 'select count(*) from ahu.refresh_runs';
create temp table before as
select
    pg_temp.runs() as runs;
drop index _ahu.monthly_native_key;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-09 12:00+09', 'AHU03');
select is(
    tap.refresh(),
    'skipped, days 0, keys 0, readings 0, quarantined 0, pending 0',
    'without its unique index, and without hours for it, a refresh is skipped'
);
select is_empty(
    'select day from _ahu.daily_summary where ahu_id = ''AHU03''',
    'neither view is refreshed: they move together'
);
select is(pg_temp.runs(), (select b.runs from before as b), 'a skipped refresh is no run');
select is(pg_temp.written_anew(), null, 'and nobody has to wait');
call pg_temp.set_low_traffic(is_now => false);
select is(
    (tap.refresh() like 'skipped,%'),
    true,
    'outside of the hours that are set it is skipped too'
);

call pg_temp.set_low_traffic(is_now => true);
select is(
    tap.refresh(),
    'refreshed, days 4, keys 4, readings 4, quarantined 0, pending 0',
    'in those hours it is refreshed, though readers wait'
);
select is(
    pg_temp.written_anew(),
    'monthly_native',
    'for the one that has lost its index, and not for the other'
);
select results_eq(
    'select distinct ahu_id from _ahu.monthly_summary order by 1',
    'values (''AHU01''), (''AHU02''), (''AHU03'')',
    'and is right'
);

-- The hint's index is what it takes.
update ahu.settings
set low_traffic_from = null,
    low_traffic_until = null;
drop index _ahu.daily_native_key;
select is((tap.refresh() like 'skipped,%'), true, 'without any index it is skipped');
create unique index on _ahu.daily_native (day, ahu_id);
create unique index on _ahu.monthly_native (month, ahu_id);
select is((tap.refresh() like 'refreshed,%'), true, 'with those of the hint it is refreshed again');

-- Never filled.
refresh materialized view _ahu.monthly_native with no data;
select is((tap.refresh() like 'skipped,%'), true, 'a rollup that is empty cannot be CONCURRENTLY');
call pg_temp.set_low_traffic(is_now => true);
select is((tap.refresh() like 'refreshed,%'), true, 'and is filled in the hours for it');
update ahu.settings
set low_traffic_from = null,
    low_traffic_until = null;
select is((tap.refresh() like 'refreshed,%'), true, 'from then on it needs none');

-- Whoever calls, and whatever the session's TimeZone.
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-20 00:30+09', 'AHU04');
set local timezone = 'America/Los_Angeles';
set local role ahu_write;
call ahu.refresh_dashboard_views();
reset role;
reset timezone;
select results_eq(
    'select day from _ahu.daily_summary where ahu_id = ''AHU04''',
    $$values ('2024-03-20'::date)$$,
    'the ETL refreshes from Los Angeles too'
);
truncate ahu_data.energy_readings;
select is(
    tap.refresh(),
    'refreshed, days 0, keys 0, readings 0, quarantined 0, pending 0',
    'an empty raw table makes empty views'
);

-- Row security that holds for the owner of the rollups too.
alter table ahu_data.energy_readings enable row level security;
create policy some_readings on ahu_data.energy_readings
using (ahu_id = 'AHU01');
select is(
    (tap.error_of('call ahu.refresh_dashboard_views()'))[1:2],
    array[
        '42501',
        'query would be affected by row-level security policy for table "energy_readings"'
    ],
    'where row security hides readings, there is an error and no smaller sum'
);

select * from finish();
