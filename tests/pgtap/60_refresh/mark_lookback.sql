-- What each refresh folds again where nothing tracks changes. Days are counted from today by the
-- site's clock.
select plan(22);

-- Noon of today and of the days before (negative) and after it, by the site's clock.
create function pg_temp.noon(days integer)
returns timestamptz
language sql
as $noon$
    select (_ahu.local_day(clock_timestamp()) + noon.days + time '12:00') at time zone 'Asia/Seoul'
$noon$;
create procedure pg_temp.add(variant_days integer[])
language sql
as $add$
    insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
    select
        pg_temp.noon(d.days),
        'AHU01',
        1
    from unnest(variant_days) as d (days)
$add$;
-- Days that are pending, as their distance from today.
create function pg_temp.marked()
returns integer[]
language plpgsql
as $marked$
begin
    delete from _ahu.pending_changes;
    call _ahu.mark_lookback();
    return array(
        select
            p.day - _ahu.local_day(clock_timestamp())
        from _ahu.pending_changes as p
        order by p.day
    );
end
$marked$;

update _ahu.source
set tracking = 'lookback';
select is(pg_temp.marked(), '{}', 'an empty raw table has nothing to mark');
call pg_temp.add(array[-8, -7, -6, -1, 0, 3]);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('infinity', 'AHU01'),
    (null, 'AHU01');
select is(
    pg_temp.marked(),
    array[-8, -7, -6, -1, 0, 3],
    'while no day is stored, all days of the raw table are marked'
);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values (_ahu.local_day(clock_timestamp()), 'AHU01', 1, pg_temp.noon(0));
select is(
    pg_temp.marked(),
    array[-6, -1, 0, 3],
    'of seven days today is the last; and days to come are marked too'
);
select results_eq(
    $$
        select
            p.reason || ' ' || count(*)
        from _ahu.pending_changes as p
        where p.ahu_ids is null
            and p.net_readings is null
            and not p.trust_raw
        group by p.reason
    $$,
    'values (''lookback 4'')',
    'for every AHU, with nothing counted, and without trust in raw'
);
call _ahu.mark_lookback();
select is(
    (select count(*) from _ahu.pending_changes as p),
    4::bigint,
    'what is marked is not marked again'
);
delete from _ahu.pending_changes
where day = (select min(p.day) from _ahu.pending_changes as p);
call _ahu.mark_lookback();
select is(
    (select count(*) from _ahu.pending_changes as p),
    4::bigint,
    'a day that is not marked is, though others are'
);
update _ahu.pending_changes
set reason = 'mark_changed';
call _ahu.mark_lookback();
select is(
    (select count(*) from _ahu.pending_changes as p where p.reason = 'lookback'),
    4::bigint,
    'unless somebody else has marked it'
);

update _ahu.source
set lookback_days = 1;
select is(pg_temp.marked(), array[0, 3], 'one day is today');
update _ahu.source
set lookback_days = 8;
select is(pg_temp.marked(), array[-7, -6, -1, 0, 3], 'and eight are one more than seven');
update _ahu.source
set lookback_days = 7;
set local timezone = 'America/Los_Angeles';
select is(
    pg_temp.marked(),
    array[-6, -1, 0, 3],
    'a session in Los Angeles marks the site''s days'
);
reset timezone;

-- The ETL was away.
truncate _ahu.daily_rollup;
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values (_ahu.local_day(clock_timestamp()) - 30, 'AHU01', 240, pg_temp.noon(-30));
call pg_temp.add(array[-38, -37, -36, -20]);
select is(
    pg_temp.marked(),
    array[-36, -30, -20, -8, -7, -6, -1, 0, 3],
    'where the newest day that is stored is older than today, it is the last of the seven; and '
        'one that raw has not is marked'
);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values (_ahu.local_day(clock_timestamp()) + 5, 'AHU01', 240, pg_temp.noon(5));
select is(
    pg_temp.marked(),
    array[-36, -30, -20, -8, -7, -6, -1, 0, 3, 5],
    'one that is later than today is marked and moves nothing'
);

insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values
    (_ahu.local_day(clock_timestamp()) - 37, 'AHU01', 240, pg_temp.noon(-37)),
    (_ahu.local_day(clock_timestamp()) - 36, 'AHU01', 240, pg_temp.noon(-36));
delete from ahu_data.energy_readings
where timestamp = pg_temp.noon(-36);
select is(
    pg_temp.marked(),
    array[-36, -30, -20, -8, -7, -6, -1, 0, 3, 5],
    'the first of the seven days is marked too when raw has it no more, and none before it'
);

-- A refresh.
delete from _ahu.pending_changes;
truncate _ahu.daily_rollup;
truncate ahu_data.energy_readings;
call pg_temp.add(array[-3]);
delete from _ahu.pending_changes;
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 1, quarantined 0, pending 0',
    'a refresh folds what nothing has logged'
);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 1, quarantined 0, pending 0',
    'and folds it again'
);
call pg_temp.add(array[-30, -3, -2, -2]);
delete from _ahu.pending_changes;
select is(
    tap.refresh(max_days => 1),
    'refreshed, days 1, keys 1, readings 2, quarantined 0, pending 1',
    'a batch leaves the others marked'
);
select results_eq(
    'select distinct pending_days, pending_since, is_tracked from ahu.freshness',
    'select 0, null::timestamptz, null::boolean',
    'which ahu.freshness does not call changes: they are marked at each refresh'
);
call ahu.refresh_dashboard_views();
select is(
    (select sum(d.readings) from _ahu.daily_rollup as d),
    4::numeric,
    'in the end all that came is in, and the old day is not'
);
call tap.drop_silently('timestamp > ''2000-01-01''');
select is(
    tap.refresh(),
    'refreshed, days 2, keys 2, readings 0, quarantined 2, pending 0',
    'that readings are gone is no evidence here either'
);
call ahu.mark_changed(
    (_ahu.local_day(clock_timestamp()) - 3), _ahu.local_day(clock_timestamp()), trust_raw => true
);
call ahu.refresh_dashboard_views();
select is_empty('select day from _ahu.daily_rollup', 'the operator''s word is');

-- When nothing tracks changes, freshness is the time since the last refresh.
select ok(
    (select not bool_or(f.is_stale) from ahu.freshness as f),
    'right after a refresh the views are not stale'
);
update ahu.settings
set stale_after = '1 microsecond';
select ok(
    (select bool_and(f.is_stale) from ahu.freshness as f),
    'and are when the last refresh is longer ago than the settings allow'
);

select * from finish();
