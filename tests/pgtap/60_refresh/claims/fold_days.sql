-- Several entries of one key or day: what one of them says is said, and no key is claimed that
-- none of them names.
select plan(10);

call tap.add('2024-03-01 12:00+09', 'AHU01', 3);
call tap.add('2024-03-01 12:00+09', 'AHU02', 3);
call tap.add('2024-03-02 12:00+09', 'AHU01', 3);
call tap.add('2024-03-02 12:00+09', 'AHU02', 3);
call ahu.refresh_dashboard_views();

call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01']);
call ahu.mark_changed('2024-03-02', '2024-03-02', array['AHU02']);
select is(
    tap.refresh(),
    'refreshed, days 2, keys 2, readings 6, quarantined 0, pending 0',
    'an AHU that one day names is not recomputed on another'
);

call tap.drop_silently('timestamp = ''2024-03-01 12:02+09''');
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01'], trust_raw => true);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01', 'AHU02']);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 4, quarantined 1, pending 0',
    'raw is trusted for a key that another entry names too'
);
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU02 stored 3 raw 2 net 0')$$,
    'and for no other'
);
call ahu.mark_changed('2024-03-01', '2024-03-01', trust_raw => true);
call ahu.mark_changed('2024-03-01', '2024-03-01');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 2, readings 4, quarantined 0, pending 0',
    'raw is trusted for a day that another entry names as a whole too'
);

-- As two sessions do that each write to the day.
delete from ahu_data.energy_readings
where ahu_id = 'AHU02'
    and timestamp = '2024-03-02 12:00+09';
delete from ahu_data.energy_readings
where ahu_id = 'AHU02'
    and timestamp = '2024-03-02 12:01+09';
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 1, quarantined 0, pending 0',
    'what several entries have counted is added up'
);

-- Readings of AHU01 are missing on both days, and it is in quarantine for both.
call tap.drop_silently('ahu_id = ''AHU01''');
call ahu.mark_changed('2024-03-01', '2024-03-02', array['AHU01']);
call ahu.refresh_dashboard_views();
call tap.add('2024-03-02 12:00+09', 'AHU01', 3);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 2 raw 0 net 0')$$,
    'a key that is released takes no other day of its AHU along'
);
update _ahu.daily_rollup
set readings = 7
where day = '2024-03-01'
    and ahu_id = 'AHU01';
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01']);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 7 raw 0 net 0')$$,
    'the quarantine tells how many readings are stored now'
);

-- The months that are summed up again.
create function pg_temp.months_of(reason text, day date, ahu_ids text[])
returns text
language plpgsql
as $months_of$
begin
    insert into _ahu.pending_changes (reason, day, ahu_ids)
    values (months_of.reason, months_of.day, months_of.ahu_ids);
    return (
        select
            string_agg(format('%s %s', to_char(f.month, 'MM'), a.id), ', ' order by f.month, a.id)
        from _ahu.fold_days(array[months_of.day]) as f
        cross join lateral unnest(f.changed_ahu_ids) as a (id)
    );
end
$months_of$;

call tap.add('2024-02-29 12:00+09', 'AHU07', 1);
call tap.add('2024-04-01 12:00+09', 'AHU08', 1);
call ahu.refresh_dashboard_views();
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
values ('2024-03-01', 'AHU06', 1, '2024-03-01 12:00+09');
select is(
    pg_temp.months_of('update', '2024-03-02', array['AHU01']),
    null,
    'a key that writers touch and that comes out the same changes no month'
);
select is(
    pg_temp.months_of('mark_changed', '2024-03-02', null),
    '03 AHU01, 03 AHU02, 03 AHU06',
    'AHUs of the months beside it are none of a month that is marked'
);
update _ahu.daily_rollup
set electricity_cost = 77
where day = '2024-03-02'
    and ahu_id = 'AHU02';
select is(
    pg_temp.months_of('mark_changed', '2024-03-02', array['AHU02']),
    '03 AHU02',
    'a key that is marked and comes out different names its AHU once'
);

select * from finish();
