-- Where a backfill lays the days: ten at a time, in these by AHU, so that a page has a few AHUs.
select plan(2);

insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    d.day + interval '1 hour' + g.hours * interval '1 hour',
    'AHU' || a.number
from generate_series(timestamptz '2024-03-01 00:00+09', '2024-03-31 00:00+09', '1 day') as d (day)
cross join generate_series(1, 9) as a (number)
cross join generate_series(0, 1) as g (hours);
update _ahu.source
set backfill_marked_at = null;
delete from _ahu.pending_changes;
call _ahu.mark_backfill();
call ahu.refresh_dashboard_views();

create temp table laid as
select
    r.day,
    r.ahu_id,
    row_number() over (order by r.ctid) as place
from _ahu.daily_rollup as r;
select is((select count(*) from laid), 31 * 9::bigint, 'all days of all AHUs are there');
select results_eq(
    'select l.day, l.ahu_id from laid as l order by l.place',
    $$
        select
            l.day,
            l.ahu_id
        from laid as l
        order by
            (l.day - date '2000-01-01') / 10,
            l.ahu_id,
            l.day
    $$,
    'ten days of an AHU lie together'
);

select * from finish();
