-- The day of an instant is the site's calendar date, whatever the session's TimeZone. The site is
-- in Asia/Seoul, which has no summer time today and had it in 1987 and 1988.
select plan(16);

select function_returns('_ahu', 'local_day', array['timestamptz'], 'date', 'a day is a date');
select volatility_is(
    '_ahu', 'local_day', array['timestamptz'], 'immutable',
    'nothing that a session sets can change a day'
);

create view pg_temp.instants (instant, day, title) as
values
    ('2024-02-29 14:59:59.999999+00'::timestamptz, '2024-02-29'::date, 'the last microsecond'),
    ('2024-02-29 15:00+00', '2024-03-01', 'local midnight'),
    ('1987-05-09 14:59:59+00', '1987-05-09', 'before the day of 23 hours'),
    ('1987-05-09 15:00+00', '1987-05-10', 'first instant of the day of 23 hours'),
    ('1987-05-10 13:59:59+00', '1987-05-10', 'last instant of the day of 23 hours'),
    ('1987-05-10 14:00+00', '1987-05-11', 'after the day of 23 hours'),
    ('1987-10-10 13:59:59+00', '1987-10-10', 'before the day of 25 hours'),
    ('1987-10-10 14:00+00', '1987-10-11', 'first instant of the day of 25 hours'),
    ('1987-10-11 14:59:59+00', '1987-10-11', 'last instant of the day of 25 hours'),
    ('1987-10-11 15:00+00', '1987-10-12', 'after the day of 25 hours');

select is(_ahu.local_day(i.instant), i.day, i.title)
from pg_temp.instants as i;

select is(_ahu.local_day(null), null, 'no instant has no day');

set local timezone = 'America/Los_Angeles';
select is(
    _ahu.local_day('2024-02-29 15:00+00'),
    '2024-03-01'::date,
    'a session in Los Angeles gets the same day'
);
set local timezone = 'Pacific/Kiritimati';
select is(
    _ahu.local_day('2024-02-29 14:59+00'),
    '2024-02-29'::date,
    'a session in Kiritimati gets the same day'
);
set local datestyle = 'SQL, DMY';
select is(
    _ahu.local_day('2024-02-29 15:00+00'),
    make_date(2024, 3, 1),
    'so does a session that writes its dates otherwise'
);

select * from finish();
