-- A DBA says: recompute these. Whatever is no answer to "which" is refused, with the way out.
select plan(42);

call ahu.mark_changed('2024-03-01', '2024-03-02');
select results_eq(
    'select day, ahu_ids, trust_raw, reason from _ahu.pending_changes order by day',
    $$
        values
            ('2024-03-01'::date, null::text[], false, 'mark_changed'),
            ('2024-03-02', null, false, 'mark_changed')
    $$,
    'both days are included, for every AHU, and raw is not trusted'
);
delete from _ahu.pending_changes;
call ahu.mark_changed(
    from_day => '2024-03-01',
    until_day => '2024-03-01',
    ahu_ids => array['AHU01', 'AHU02'],
    trust_raw => true
);
select results_eq(
    'select day, ahu_ids, net_readings, trust_raw from _ahu.pending_changes',
    $$values ('2024-03-01'::date, array['AHU01', 'AHU02'], null::bigint[], true)$$,
    'AHUs may be named, and raw be trusted'
);
delete from _ahu.pending_changes;
set local timezone = 'America/Los_Angeles';
call ahu.mark_changed('2024-03-10', '2024-03-10');
reset timezone;
select results_eq(
    'select day from _ahu.pending_changes',
    $$values ('2024-03-10'::date)$$,
    'a day is a day, whatever the session''s TimeZone'
);
delete from _ahu.pending_changes;

create temp table refused as
select
    c.title,
    c.message,
    c.detail,
    tap.error_of('call ahu.mark_changed(' || c.arguments || ')') as error
from (
    values
        (
            'no first day',
            'null, ''2024-03-01''',
            'from_day and until_day must both be days',
            'from_day is null, until_day is 2024-03-01; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'no last day',
            '''2024-03-01'', null',
            'from_day and until_day must both be days',
            'from_day is 2024-03-01, until_day is null; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'an endless span',
            '''2024-03-01'', ''infinity''',
            'from_day and until_day must both be days',
            'from_day is 2024-03-01, until_day is infinity; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'a span without beginning',
            '''-infinity'', ''2024-03-01''',
            'from_day and until_day must both be days',
            'from_day is -infinity, until_day is 2024-03-01; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'a day before the first one',
            '''0001-01-01'', ''0001-01-02''',
            'from_day and until_day must both be days',
            'from_day is 0001-01-01, until_day is 0001-01-02; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'a day after the last one',
            '''9999-12-29'', ''9999-12-30''',
            'from_day and until_day must both be days',
            'from_day is 9999-12-29, until_day is 9999-12-30; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'a day before Christ',
            '''4714-11-24 BC'', ''4714-11-24 BC''',
            'from_day and until_day must both be days',
            'from_day is 4714-11-24 BC, until_day is 4714-11-24 BC; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'the last day that there is',
            '''5874897-12-31'', ''5874897-12-31''',
            'from_day and until_day must both be days',
            'from_day is 5874897-12-31, until_day is 5874897-12-31; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'days that are none, and backwards',
            '''infinity'', ''-infinity''',
            'from_day and until_day must both be days',
            'from_day is infinity, until_day is -infinity; '
                'days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'a span that runs backwards',
            '''2024-03-02'', ''2024-03-01''',
            'until_day lies before from_day',
            'from_day is 2024-03-02, until_day is 2024-03-01.'
        ),
        (
            'more than a hundred years',
            '''1901-01-01'', ''2024-03-01''',
            'from_day to until_day is more than a hundred years',
            'from_day is 1901-01-01, until_day is 2024-03-01.'
        ),
        (
            'an empty list of AHUs',
            '''2024-03-01'', ''2024-03-01'', array[]::text[]',
            'ahu_ids must name AHUs',
            'ahu_ids is {}.'
        ),
        (
            'an AHU without a name',
            '''2024-03-01'', ''2024-03-01'', array[''AHU01'', null]',
            'ahu_ids must name AHUs',
            'ahu_ids is {AHU01,NULL}.'
        ),
        (
            'a table of AHUs',
            '''2024-03-01'', ''2024-03-01'', array[[''AHU01'', ''AHU02'']]',
            'ahu_ids must name AHUs',
            'ahu_ids is {{AHU01,AHU02}}.'
        ),
        (
            'a table of AHUs, one of them without a name',
            '''2024-03-01'', ''2024-03-01'', array[[''AHU01''], [null]]',
            'ahu_ids must name AHUs',
            'ahu_ids is {{AHU01},{NULL}}.'
        ),
        (
            'an unknown trust',
            '''2024-03-01'', ''2024-03-01'', null, null',
            'trust_raw must be true or false',
            'trust_raw is null.'
        )
) as c (title, arguments, message, detail);

select is(
    r.error[1:3],
    array['22023', r.message, r.detail],
    r.title || ' is refused, with what was found'
)
from refused as r;
select isnt(r.error[4], '', r.title || ': the error says what to do')
from refused as r;
select is_empty('select * from _ahu.pending_changes', 'what was refused has marked nothing');

-- A hint that shows a call shows one that works.
select lives_ok(
    c.command,
    'the hint works: ' || c.command
)
from (
    select distinct
        substring(r.error[4] from 'call ahu[.].*$') as command
    from refused as r
    where r.error[4] like '%call ahu.%'
) as c;
delete from _ahu.pending_changes;

call ahu.mark_changed('1924-01-01', '2024-03-15');
select is(
    (select count(*) from _ahu.pending_changes),
    36600::bigint,
    'a hundred years are not too many'
);
delete from _ahu.pending_changes;

-- An entry that no refresh can fold would stand in the way of all others for good.
call ahu.mark_changed('0001-01-02', '0001-01-02');
call ahu.mark_changed('9999-12-29', '9999-12-29');
select results_eq(
    'select day from _ahu.pending_changes order by day',
    $$values ('0001-01-02'::date), ('9999-12-29')$$,
    'the first and the last days that can be marked are marked'
);
select is(
    tap.error_of('call ahu.refresh_dashboard_views()'),
    null,
    'and can be folded'
);
select is_empty('select * from _ahu.pending_changes', 'which leaves nothing pending');

select * from finish();
