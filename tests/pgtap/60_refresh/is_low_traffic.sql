-- The hours in which readers may be made to wait, by the site's clock.
select plan(34);

select ok(
    not _ahu.is_low_traffic(i.instant::timestamptz),
    'where no hours are set there are none: ' || i.instant
)
from (values ('2024-03-01 00:00+09'), ('2024-03-01 03:00+09')) as i (instant);

-- Whether an instant lies in hours from the one to the other.
create function pg_temp.lies_in(first time, last time, instant timestamptz)
returns boolean
language plpgsql
as $lies_in$
begin
    update ahu.settings
    set low_traffic_from = lies_in.first,
        low_traffic_until = lies_in.last;
    return _ahu.is_low_traffic(lies_in.instant);
end
$lies_in$;
select is(
    pg_temp.lies_in(c.first::time, c.last::time, ('2024-03-01 ' || c.clock || '+09')::timestamptz),
    c.answer,
    format(
        '%s is %s %s to %s',
        c.clock,
        case when c.answer then 'in' else 'not in' end,
        c.first,
        c.last
    )
)
from (
    values
        ('02:00', '04:00', '01:59:59.999999', false),
        ('02:00', '04:00', '02:00', true),
        ('02:00', '04:00', '03:59:59.999999', true),
        ('02:00', '04:00', '04:00', false),
        ('02:00', '04:00', '23:00', false),
        ('22:00', '04:00', '21:59:59.999999', false),
        ('22:00', '04:00', '22:00', true),
        ('22:00', '04:00', '23:59:59.999999', true),
        ('22:00', '04:00', '00:00', true),
        ('22:00', '04:00', '03:59:59.999999', true),
        ('22:00', '04:00', '04:00', false),
        ('22:00', '04:00', '12:00', false),
        ('22:00', '00:00', '21:00', false),
        ('22:00', '00:00', '23:59:59.999999', true),
        ('22:00', '00:00', '00:00', false),
        ('22:00', '24:00', '23:59:59.999999', true),
        ('22:00', '24:00', '00:00', false),
        ('00:00', '02:00', '00:00', true),
        ('00:00', '02:00', '02:00', false),
        ('00:00', '24:00', '00:00', true),
        ('00:00', '24:00', '12:00', true),
        ('00:00', '24:00', '23:59:59.999999', true),
        ('24:00', '02:00', '00:00', true),
        ('24:00', '02:00', '02:00', false)
) as c (first, last, clock, answer);

set local timezone = 'America/Los_Angeles';
select ok(
    pg_temp.lies_in('02:00', '04:00', '2024-03-01 03:00+09'),
    'a session in Los Angeles goes by the site''s clock'
);
select ok(
    not pg_temp.lies_in('02:00', '04:00', '2024-03-01 03:00-08'),
    'and not by its own'
);
reset timezone;
update _ahu.source
set time_zone = 'UTC';
select ok(
    pg_temp.lies_in('02:00', '04:00', '2024-03-01 03:00+00'),
    'the clock is that of the site''s zone'
);
select ok(
    not pg_temp.lies_in('02:00', '04:00', null),
    'no instant is in no hours'
);
select ok(
    not _ahu.is_low_traffic('infinity'),
    'nor is the end of time'
);
update _ahu.source
set time_zone = 'Asia/Seoul';
delete from ahu.settings;
select ok(
    not _ahu.is_low_traffic('2024-03-01 03:00+09'),
    'without settings there are no such hours'
);
select volatility_is(
    '_ahu', 'is_low_traffic', array['timestamp with time zone'], 'stable', 'asking writes nothing'
);
select is(
    (select count(*) from ahu.settings),
    0::bigint,
    'and asking brings no settings back'
);

select * from finish();
