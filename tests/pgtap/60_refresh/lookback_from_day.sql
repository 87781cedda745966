-- From when on lookback folds every day again.
-- More of it: mark_lookback.sql.
select plan(4);

update _ahu.source
set lookback_days = 3;
select is(
    _ahu.lookback_from_day('2024-03-10 12:00+09'),
    null,
    'where nothing is stored there is no such day'
);
insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading)
select
    d.day,
    'AHU01',
    1,
    '2024-03-01 12:00+09'
from unnest(array['2024-03-01', '2024-03-09', '2024-03-12']::date[]) as d (day);
select is(
    _ahu.lookback_from_day('2024-03-20 12:00+09'),
    '2024-03-10'::date,
    'the last day that is stored is the last of as many'
);
select is(
    _ahu.lookback_from_day('2024-03-11 23:59:59+09'),
    '2024-03-07'::date,
    'a day that lies after the instant''s does not count'
);
select is(
    _ahu.lookback_from_day('2024-03-12 00:00+09'),
    '2024-03-10'::date,
    'by the site''s clock'
);

select * from finish();
