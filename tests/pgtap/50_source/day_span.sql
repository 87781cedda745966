-- The span of some days holds each of their instants, and no more than it must.
select plan(10);

select volatility_is(
    '_ahu', 'day_span', array['date', 'date'], 'immutable',
    'nothing that a session sets can change a span'
);
select results_eq(
    'select * from _ahu.day_span(''2024-03-01'', ''2024-03-01'')',
    $$values ('2024-02-29 15:00+00'::timestamptz, '2024-03-01 15:00+00'::timestamptz)$$,
    'a day is the 24 hours between two local midnights'
);
select results_eq(
    'select * from _ahu.day_span(''2023-12-01'', ''2024-02-29'')',
    $$values ('2023-11-30 15:00+00'::timestamptz, '2024-02-29 15:00+00'::timestamptz)$$,
    'adjacent days are one span'
);

set local timezone = 'America/Los_Angeles';
select results_eq(
    'select * from _ahu.day_span(''2024-03-01'', ''2024-03-01'')',
    $$values ('2024-02-29 15:00+00'::timestamptz, '2024-03-01 15:00+00'::timestamptz)$$,
    'a session in Los Angeles gets the same span'
);
reset timezone;

-- Minute by minute through the years with summer time, against local_day.
create view pg_temp.minutes as
select
    m.instant,
    _ahu.local_day(m.instant) as day
from generate_series('1987-05-08'::timestamptz, '1987-05-13', '5 minutes') as m (instant)
union all
select
    m.instant,
    _ahu.local_day(m.instant)
from generate_series('1987-10-09'::timestamptz, '1987-10-14', '5 minutes') as m (instant);

select is(
    (select array_agg(n.minutes order by n.day) from (
        select m.day, count(*) * 5 / 60 as minutes
        from pg_temp.minutes as m
        where m.day in ('1987-05-10', '1987-05-11', '1987-10-11', '1987-10-12')
        group by m.day
    ) as n),
    array[23, 24, 25, 24]::bigint[],
    'these are days of 23, 24, 25 and 24 hours'
);
select is_empty(
    $$
        select
            m.instant,
            m.day
        from pg_temp.minutes as m
        cross join lateral _ahu.day_span(m.day, m.day) as s
        where m.instant < s.from_time
            or m.instant >= s.until_time
    $$,
    'near a change of the clock too, every instant of a day lies in its span'
);
select is_empty(
    $$
        select
            d.day,
            s.*
        from (select distinct m.day from pg_temp.minutes as m) as d
        cross join lateral _ahu.day_span(d.day, d.day) as s
        where s.until_time - s.from_time > interval '75 hours'
    $$,
    'and no span reaches more than a day too far on either side'
);

select results_eq(
    'select from_time, until_time from _ahu.day_span(null, ''2024-03-01'')',
    'values (null::timestamptz, null::timestamptz)',
    'no first day has no span'
);
select results_eq(
    'select from_time, until_time from _ahu.day_span(''2024-03-01'', null)',
    'values (null::timestamptz, null::timestamptz)',
    'no last day has no span'
);
-- The refresh of a day of 25 hours counts each of its readings once, and none of its neighbours'.
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    h.instant,
    'AHU01',
    1
from generate_series('1987-10-10 13:30+00'::timestamptz, '1987-10-11 15:30+00', '1 hour')
    as h (instant);
call ahu.refresh_dashboard_views();
select results_eq(
    'select day, total_cost from ahu.mv_daily_ahu_costs order by day',
    $$
        values
            ('1987-10-10'::date, 1::numeric),
            ('1987-10-11', 25),
            ('1987-10-12', 1)
    $$,
    'hourly readings of a day of 25 hours add up to 25'
);

select * from finish();
