-- Both rollups, a month's worth of days at a time.
select plan(8);

-- What it answers with, as one line.
create function pg_temp.fold(days date[])
returns text
language plpgsql
as $fold$
declare
    -- What a caller passes in counts for nothing.
    v_keys bigint := 77;
    v_readings bigint;
    v_quarantined bigint;
begin
    call _ahu.fold(fold.days, v_keys, v_readings, v_quarantined);
    return format('keys %s, readings %s, quarantined %s', v_keys, v_readings, v_quarantined);
end
$fold$;

select is(pg_temp.fold('{}'), 'keys 0, readings 0, quarantined 0', 'no day is no work');
select is(
    pg_temp.fold(array['2024-03-01']::date[]),
    'keys 0, readings 0, quarantined 0',
    'nor is a day on which nothing is pending'
);

-- A hundred days, one reading of two AHUs on each: more than three times what is folded at once.
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    '2024-01-01 12:00+09'::timestamptz + g.days * interval '1 day',
    a.ahu_id,
    1
from generate_series(0, 99) as g (days)
cross join (values ('AHU01'), ('AHU02')) as a (ahu_id);
select is(
    pg_temp.fold(
        array(select '2024-01-01'::date + g.days from generate_series(0, 98) as g (days))
    ),
    'keys 198, readings 198, quarantined 0',
    'it adds up what was done over all of its days'
);
select results_eq(
    'select line from tap.stored_months',
    $$
        values
            ('01 AHU01 31 31'), ('01 AHU02 31 31'),
            ('02 AHU01 29 29'), ('02 AHU02 29 29'),
            ('03 AHU01 31 31'), ('03 AHU02 31 31'),
            ('04 AHU01 8 8'), ('04 AHU02 8 8')
    $$,
    'each month has all of its days, in whatever slices they were folded'
);
select results_eq(
    'select distinct day from _ahu.pending_changes',
    $$values ('2024-04-09'::date)$$,
    'and the day that was not named is still pending'
);
call ahu.refresh_dashboard_views();

-- A month is summed up again for the AHUs that changed in it, and for no other.
update _ahu.monthly_rollup
set readings = 777
where month = '2024-01-01'
    or ahu_id = 'AHU02';
call tap.drop_silently('ahu_id = ''AHU01'' and timestamp < ''2024-01-02 00:00+09''');
insert into _ahu.pending_changes (reason, day)
values ('update', '2024-01-01');
delete from ahu_data.energy_readings
where ahu_id = 'AHU01'
    and timestamp > '2024-02-10 00:00+09'
    and timestamp < '2024-02-11 00:00+09';
call tap.add('2024-04-20 12:00+09', 'AHU03', 2);
select is(
    pg_temp.fold(array['2024-01-01', '2024-02-10', '2024-04-20']::date[]),
    'keys 4, readings 3, quarantined 1',
    'keys that came out the same, that went, that are new and that are short count alike'
);
select results_eq(
    'select line from tap.stored_months',
    $$
        values
            ('01 AHU01 777 31'), ('01 AHU02 777 31'),
            ('02 AHU01 28 28'), ('02 AHU02 777 29'),
            ('03 AHU01 31 31'), ('03 AHU02 777 31'),
            ('04 AHU01 9 9'), ('04 AHU02 777 9'), ('04 AHU03 2 2')
    $$,
    'only the months of keys that changed are summed up'
);
select results_eq(
    'select line from tap.quarantined',
    $$values ('01-01 AHU01 stored 1 raw 0 net 0')$$,
    'what is short is in quarantine'
);
select * from finish();
