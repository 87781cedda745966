-- All that was in the raw table before us is marked once, after an install.
select plan(11);

update _ahu.source
set backfill_marked_at = null;
call _ahu.mark_backfill();
select is_empty('select * from _ahu.pending_changes', 'an empty raw table has nothing to mark');
select ok(
    (
        select
            s.backfill_marked_at between now() and clock_timestamp()
        from _ahu.source as s
    ),
    'and that is remembered as done'
);

insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values
    ('2024-02-28 15:00+00', 'AHU01', 1),
    ('2024-03-02 14:59+00', 'AHU02', 2),
    ('infinity', 'AHU01', 4),
    (null, 'AHU01', 8);
delete from _ahu.pending_changes;
call _ahu.mark_backfill();
select is_empty('select * from _ahu.pending_changes', 'what was marked once is not marked again');

update _ahu.source
set backfill_marked_at = null;
call _ahu.mark_backfill();
select results_eq(
    $$
        select
            day,
            ahu_ids,
            net_readings,
            trust_raw,
            reason
        from _ahu.pending_changes
        order by day
    $$,
    $$
        values
            ('2024-02-29'::date, null::text[], null::bigint[], false, 'backfill'),
            ('2024-03-02', null, null, false, 'backfill')
    $$,
    'each day that has readings is marked, for every AHU; the day between has none'
);
select isnt(
    (select s.backfill_marked_at from _ahu.source as s),
    null,
    'and that is remembered as done'
);
select results_eq(
    'select distinct backfill_days, pending_days from ahu.freshness',
    'values (2, 2)',
    'ahu.freshness shows what is left of it'
);
call ahu.refresh_dashboard_views(max_days => 1);
select results_eq(
    'select distinct backfill_days, pending_days from ahu.freshness',
    'values (1, 1)',
    'and what is left after a batch'
);
call ahu.refresh_dashboard_views();
select results_eq(
    'select day, ahu_id, total_cost from ahu.mv_daily_ahu_costs order by day',
    $$
        values
            ('2024-02-29'::date, 'AHU01', 1::numeric),
            ('2024-03-02', 'AHU02', 2)
    $$,
    'when it is done, what was there before us is in the views'
);

-- The clock was changed in the night to 11 October 1987.
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('1987-10-10 14:30+00', 'AHU01'),
    ('1987-12-01 12:00+09', 'AHU01');
delete from ahu_data.energy_readings
where timestamp > '2000-01-01 00:00+00'
    or timestamp is null;
delete from _ahu.pending_changes;
update _ahu.source
set backfill_marked_at = null;
call _ahu.mark_backfill();
select results_eq(
    $$
        select
            d.day
        from (values ('1987-10-11'::date), ('1987-12-01')) as d (day)
        where not exists (
            select
            from _ahu.pending_changes as p
            where p.day = d.day
        )
    $$,
    'select null::date where false',
    'near a change of the clock each day that has readings is marked too'
);
select is_empty(
    $$
        select
            p.day
        from _ahu.pending_changes as p
        where p.day not between '1987-10-10' and '1987-10-12'
            and p.day <> '1987-12-01'
    $$,
    'and at most the days beside it'
);

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-03-01 00:00+09', 'AHU01'),
    ('2024-03-01 23:59:59.999999+09', 'AHU01');
delete from ahu_data.energy_readings
where timestamp < '2000-01-01 00:00+00';
delete from _ahu.pending_changes;
update _ahu.source
set backfill_marked_at = null;
set local timezone = 'America/Los_Angeles';
call _ahu.mark_backfill();
reset timezone;
select results_eq(
    'select day from _ahu.pending_changes',
    $$values ('2024-03-01'::date)$$,
    'far from one, readings of one day mark that day alone'
);

select * from finish();
