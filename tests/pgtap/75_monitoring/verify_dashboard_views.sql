-- Which keys and months differ from raw, for which reason, and who may ask.
-- More of it: differing_days.sql, differing_months.sql.
select plan(30);

select is_empty('select tap.verified()', 'where there is nothing, nothing differs');

-- Five readings of AHU01 on 31 January and on 1 February, and five of AHU02 on 1 February.
call tap.add('2024-01-31 12:00+09', 'AHU01', 5);
call tap.add('2024-02-01 12:00+09', 'AHU01', 5);
call tap.add('2024-02-01 12:00+09', 'AHU02', 5);
select results_eq(
    'select tap.verified()',
    $$
        values
            ('D 01-31 AHU01 0/5 pending: readings newest_reading electricity_cost'),
            ('D 02-01 AHU01 0/5 pending: readings newest_reading electricity_cost'),
            ('D 02-01 AHU02 0/5 pending: readings newest_reading electricity_cost')
    $$,
    'what no refresh has folded yet is pending'
);
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'after the refresh nothing differs');

-- Each reason, and which of two goes first.
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-02-01 12:00+09', 'AHU02');
select results_eq(
    'select tap.verified()',
    $$values ('D 02-01 AHU02 5/6 pending: readings')$$,
    'pending is the key that the log names, and no other'
);
call tap.drop_silently('ahu_id = ''AHU02''');
select results_eq(
    'select tap.verified()',
    $$values ('D 02-01 AHU02 5/0 pending: readings newest_reading electricity_cost')$$,
    'pending goes before raw dropped'
);
call ahu.refresh_dashboard_views();
select results_eq(
    'select tap.verified()',
    $$values ('D 02-01 AHU02 5/0 quarantined: readings newest_reading electricity_cost')$$,
    'quarantined goes before raw dropped'
);
call ahu.mark_changed('2024-02-01', '2024-02-01', array['AHU01']);
select results_eq(
    'select tap.verified()',
    $$values ('D 02-01 AHU02 5/0 quarantined: readings newest_reading electricity_cost')$$,
    'an entry of another AHU on the same day makes it no pending one'
);
call ahu.mark_changed('2024-02-01', '2024-02-01');
select results_eq(
    'select tap.verified()',
    $$values ('D 02-01 AHU02 5/0 pending: readings newest_reading electricity_cost')$$,
    'one of every AHU does, and goes before quarantined'
);
call ahu.refresh_dashboard_views();
call ahu.resolve_quarantine('2024-02-01', '2024-02-01', null, 'ignore');
select results_eq(
    'select tap.verified()',
    $$values ('D 02-01 AHU02 5/0 raw dropped: readings newest_reading electricity_cost')$$,
    'a summary that has more readings than raw: raw was dropped'
);
set local session_replication_role = replica;
call tap.add('2024-02-02 12:00+09', 'AHU03', 2);
update ahu_data.energy_readings
set hcv_steam_kwh = 1
where ahu_id = 'AHU01'
    and timestamp = '2024-01-31 12:00+09';
set local session_replication_role = origin;
select results_eq(
    'select tap.verified()',
    $$
        values
            ('D 01-31 AHU01 5/5 tracking bypassed: hcv_kwh'),
            ('D 02-01 AHU02 5/0 raw dropped: readings newest_reading electricity_cost'),
            ('D 02-02 AHU03 0/2 tracking bypassed: readings newest_reading electricity_cost')
    $$,
    'whatever else differs went around the triggers; rows come by month, day and AHU'
);

-- What is asked for: both days included, and the months that they touch.
select results_eq(
    'select tap.verified(''2024-02-01'', ''2024-02-01'')',
    $$values ('D 02-01 AHU02 5/0 raw dropped: readings newest_reading electricity_cost')$$,
    'of the days only those that are asked for'
);
update _ahu.monthly_rollup
set steam_cost = 0
where ahu_id = 'AHU01';
select results_eq(
    'select tap.verified(''2024-01-01'', ''2024-01-30'')',
    $$values ('M 01-01 AHU01 5/5 tracking bypassed: steam_cost')$$,
    'of the months those that the days touch, whole'
);
select results_eq(
    'select tap.verified(''2024-02-02'', ''2024-02-02'')',
    $$
        values
            ('D 02-02 AHU03 0/2 tracking bypassed: readings newest_reading electricity_cost'),
            ('M 02-01 AHU01 5/5 tracking bypassed: steam_cost')
    $$,
    'each after its days'
);
select results_eq(
    'select tap.verified(''2024-01-31'', ''2024-02-02'')',
    $$
        values
            ('D 01-31 AHU01 5/5 tracking bypassed: hcv_kwh'),
            ('M 01-01 AHU01 5/5 tracking bypassed: steam_cost'),
            ('D 02-01 AHU02 5/0 raw dropped: readings newest_reading electricity_cost'),
            ('D 02-02 AHU03 0/2 tracking bypassed: readings newest_reading electricity_cost'),
            ('M 02-01 AHU01 5/5 tracking bypassed: steam_cost')
    $$,
    'month by month, a day that ends one and a day that begins the next among them'
);
set local timezone = 'America/Los_Angeles';
select is(
    (select count(*)::integer from tap.verified('2024-01-31', '2024-02-02')),
    5,
    'the same from a session in Los Angeles'
);
reset timezone;

-- What was bypassed is put right by mark_changed, months by themselves too.
call ahu.mark_changed('2024-01-31', '2024-02-02');
select results_eq(
    'select tap.verified() as line',
    $$
        values
            ('D 01-31 AHU01 5/5 pending: hcv_kwh'),
            ('M 01-01 AHU01 5/5 pending: steam_cost'),
            ('D 02-01 AHU02 5/0 pending: readings newest_reading electricity_cost'),
            ('D 02-02 AHU03 0/2 pending: readings newest_reading electricity_cost'),
            ('M 02-01 AHU01 5/5 pending: steam_cost')
    $$,
    'what is marked is pending'
);
call ahu.refresh_dashboard_views();
select results_eq(
    'select tap.verified()',
    $$values ('D 02-01 AHU02 5/0 quarantined: readings newest_reading electricity_cost')$$,
    'and right after the refresh, but for what raw has dropped'
);
call ahu.mark_changed('2024-02-01', '2024-02-01', trust_raw => true);
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'which is right where raw is trusted');

-- While the backfill is not in the log yet, all of raw is still to be folded.
set local session_replication_role = replica;
call tap.add('2024-03-01 12:00+09', 'AHU01', 1);
set local session_replication_role = origin;
update _ahu.monthly_rollup
set steam_cost = 0
where month = '2024-01-01';
update _ahu.source
set backfill_marked_at = null;
select results_eq(
    'select tap.verified()',
    $$
        values
            ('M 01-01 AHU01 5/5 pending: steam_cost'),
            ('D 03-01 AHU01 0/1 pending: readings newest_reading electricity_cost')
    $$,
    'what the backfill is going to fold is pending'
);
call _ahu.mark_backfill();
call ahu.refresh_dashboard_views();
select is_empty('select tap.verified()', 'and right after it');

-- Refusals: no days, no answer.
select is(
    tap.error_of('select ahu.verify_dashboard_views(' || c.arguments || ')'),
    array['22023', c.message, c.detail, c.hint],
    c.title || ' is refused, with the way out'
)
from (
    values
        (
            'no first day',
            'null, ''2024-03-01''',
            'from_day and until_day must both be days',
            'from_day is null, until_day is 2024-03-01; days go from 0001-01-02 to 9999-12-29.',
            'Name the first and the last day: '
                'select * from ahu.verify_dashboard_views(''2025-01-01'', ''2025-01-31'')'
        ),
        (
            'no last day',
            '''2024-03-01'', null',
            'from_day and until_day must both be days',
            'from_day is 2024-03-01, until_day is null; days go from 0001-01-02 to 9999-12-29.',
            'Name the first and the last day: '
                'select * from ahu.verify_dashboard_views(''2025-01-01'', ''2025-01-31'')'
        ),
        (
            'a span that runs backwards',
            '''2024-03-02'', ''2024-03-01''',
            'until_day lies before from_day',
            'from_day is 2024-03-02, until_day is 2024-03-01.',
            'Name the first and the last day, both included: '
                'select * from ahu.verify_dashboard_views(''2025-01-01'', ''2025-01-31'')'
        ),
        (
            'more than a hundred years',
            '''1901-01-01'', ''2024-03-01''',
            'from_day to until_day is more than a hundred years',
            'from_day is 1901-01-01, until_day is 2024-03-01.',
            'Name the days that have readings.'
        )
) as c (title, arguments, message, detail, hint);
select is(
    (tap.error_of('select ahu.verify_dashboard_views()'))[1],
    '42883',
    'there are no default days'
);
select is_empty(
    'select tap.verified(''0001-01-02'', ''0001-01-31'')',
    'the first days that there are can be asked for'
);
select is_empty(
    'select tap.verified(''9999-12-01'', ''9999-12-29'')',
    'and the last'
);

-- It is the owner's and superusers'.
select function_privs_are(
    'ahu', 'verify_dashboard_views', array['date', 'date'], r.role_name, array[]::text[],
    r.role_name || ' may not ask'
)
from (values ('ahu_read'), ('ahu_write')) as r (role_name);
set local role ahu_owner;
select lives_ok(
    'select ahu.verify_dashboard_views(''2024-01-01'', ''2024-03-31'')',
    'the owner may'
);
reset role;

select * from finish();
