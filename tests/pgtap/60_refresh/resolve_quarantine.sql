-- An operator's verdict on keys in quarantine: what is kept, what is counted, and what is refused.
select plan(68);

-- Resolves, and answers with how many keys there were.
create function pg_temp.resolve(
    how text,
    first_day date default '2024-03-01',
    last_day date default '2024-03-31',
    ahus text[] default null
)
returns bigint
language plpgsql
as $resolve$
declare
    v_keys bigint;
begin
    call ahu.resolve_quarantine(first_day, last_day, ahus, resolve.how, v_keys);
    return v_keys;
end
$resolve$;

-- What is kept of keys beside raw.
create view pg_temp.retained as
select
    format(
        '%s %s %s %s', to_char(r.day, 'MM-DD'), r.ahu_id, r.readings, r.electricity_cost
    ) as line
from _ahu.retained_summary as r
order by
    r.day,
    r.ahu_id;

-- Begins anew: retention took the 240 readings of AHU01 on the 1st, and one came after that.
create procedure pg_temp.start_over()
language plpgsql
as $start_over$
begin
    call tap.empty();
    call tap.add('2024-03-01 00:00+09', 'AHU01', 240);
    perform tap.refresh();
    call tap.drop_silently('true');
    call tap.add('2024-03-01 23:00+09', 'AHU01', 1);
    perform tap.refresh();
end
$start_over$;

-- Add.
call pg_temp.start_over();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 1 net 1')$$,
    'a late reading has put its day in quarantine'
);
select is(pg_temp.resolve('add'), 1::bigint, 'add answers with the number of keys');
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 241 241')$$,
    'what came late is added to the summary, at once'
);
select results_eq(
    'select line from tap.stored_months',
    $$values ('03 AHU01 241 241')$$,
    'and to its month'
);
select results_eq(
    'select line from pg_temp.retained',
    $$values ('03-01 AHU01 240 240')$$,
    'what raw has no more is kept apart'
);
select is_empty('select line from tap.quarantined', 'the key is out of quarantine');
select is_empty('select day from _ahu.pending_changes', 'and nothing is pending');
select is(
    (select d.newest_reading from _ahu.daily_rollup as d),
    '2024-03-01 23:00+09'::timestamptz,
    'its newest reading is the one that came late'
);
call ahu.mark_changed('2024-03-01', '2024-03-01');
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 241, quarantined 0, pending 0',
    'a recomputation counts both'
);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU01']);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 241 241')$$,
    'of the one AHU too, and comes out the same'
);
call tap.add('2024-03-01 23:01+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 242 242')$$,
    'the next late reading is simply added'
);
update ahu_data.energy_readings
set sf_cost_krw = 11
where timestamp = '2024-03-01 23:01+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 242 252')$$,
    'a correction of it counts'
);
delete from ahu_data.energy_readings
where timestamp = '2024-03-01 23:01+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 241 241')$$,
    'and so does its deletion'
);
delete from ahu_data.energy_readings;
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$values ('03-01 AHU01 240 240')$$,
    'when all of them are deleted, what is kept remains'
);
select is(
    (select d.newest_reading from _ahu.daily_rollup as d),
    '2024-03-01 03:59+09'::timestamptz,
    'with its own newest reading'
);
call tap.add('2024-03-01 12:00+09', 'AHU02', 3);
select is(
    tap.refresh(),
    'refreshed, days 1, keys 1, readings 3, quarantined 0, pending 0',
    'another AHU of the day is folded by itself'
);

-- All measures are kept, and what is unknown on the one side is known from the other.
call tap.empty();
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_kwh, dh_hcv_steam_kwh, ccv_cold_water_kwh, pc_ccv_cold_water_kwh,
    sf_electricity_kwh, hcv_steam_cost_krw, ccv_cold_water_cost_krw, sf_cost_krw
)
values
    ('2024-03-01 12:00+09', 'AHU01', 0.1, 0.2, 0.3, 0.4, null, 0.6, 0.7, null),
    ('2024-03-01 12:01+09', 'AHU01', 0.1, 0.2, 0.3, 0.4, null, 0.6, 0.7, null);
call ahu.refresh_dashboard_views();
call tap.drop_silently('true');
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_kwh, dh_hcv_steam_kwh, ccv_cold_water_kwh, sf_electricity_kwh
)
values ('2024-03-01 12:02+09', 'AHU01', 10, 20, null, 50);
call ahu.refresh_dashboard_views();
select is(pg_temp.resolve('add'), 1::bigint, 'a key with all measures is resolved');
select results_eq(
    $$
        select
            concat_ws(
                ' ', d.readings, d.hcv_kwh, d.dh_hcv_kwh, d.ccv_kwh, d.pc_ccv_kwh,
                d.electricity_kwh, d.steam_cost, d.cold_water_cost,
                coalesce(d.electricity_cost::text, 'unknown'), d.total_cost
            )
        from _ahu.daily_rollup as d
    $$,
    $$values ('3 10.2 20.4 0.6 0.8 50 1.2 1.4 unknown 2.6')$$,
    'each measure is the sum of both, and unknown where both are'
);

-- Add once more.
call pg_temp.start_over();
select pg_temp.resolve('add');
call tap.add('2024-03-01 23:01+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
call tap.drop_silently('true');
call tap.add('2024-03-01 23:02+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 242 raw 241 net 1')$$,
    'retention came again: what is kept counts as there, and one reading is missing'
);
select is(pg_temp.resolve('add'), 1::bigint, 'add can be said again');
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 243 243')$$,
    'no reading is counted twice and none is lost'
);
select results_eq(
    'select line from pg_temp.retained',
    $$values ('03-01 AHU01 242 242')$$,
    'what is kept is all that raw has no more'
);

-- Replace, after that.
call tap.add('2024-03-01 23:03+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
call tap.drop_silently('true');
call tap.add('2024-03-01 23:04+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 244 raw 243 net 1')$$,
    'a third time'
);
select is(pg_temp.resolve('replace'), 1::bigint, 'replace answers with the number of keys');
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 1 1')$$,
    'what raw has is all there is'
);
select results_eq(
    'select line from tap.stored_months',
    $$values ('03 AHU01 1 1')$$,
    'in its month too'
);
select is_empty('select line from pg_temp.retained', 'and what was kept is forgotten');
select is_empty('select line from tap.quarantined', 'the key is out of quarantine');
call ahu.mark_changed('2024-03-01', '2024-03-01');
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 1 1')$$,
    'and stays so'
);

-- mark_changed with trust in raw is the same word.
call pg_temp.start_over();
select pg_temp.resolve('add');
call ahu.mark_changed('2024-03-01', '2024-03-01', trust_raw => true);
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from pg_temp.retained
    $$,
    $$values ('03-01 AHU01 1 1')$$,
    'to trust raw by ahu.mark_changed forgets what was kept as well'
);
call pg_temp.start_over();
select pg_temp.resolve('add');
call tap.add('2024-03-01 12:00+09', 'AHU02', 3);
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU02'], trust_raw => true);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from pg_temp.retained',
    $$values ('03-01 AHU01 240 240')$$,
    'but for one AHU not what another one has'
);

-- Replace where raw has nothing.
call pg_temp.start_over();
delete from ahu_data.energy_readings;
call ahu.refresh_dashboard_views();
select is(pg_temp.resolve('replace'), 1::bigint, 'a day whose readings are all gone is resolved');
select is_empty(
    $$
        select line from tap.stored
        union all
        select line from tap.stored_months
        union all
        select line from tap.quarantined
    $$,
    'by replace it is gone'
);
call pg_temp.start_over();
delete from ahu_data.energy_readings;
call ahu.refresh_dashboard_views();
select is(pg_temp.resolve('add'), 1::bigint, 'by add');
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 240 240')$$,
    'it stays what it was'
);

-- Ignore.
call pg_temp.start_over();
select is(pg_temp.resolve('ignore'), 1::bigint, 'ignore answers with the number of keys');
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.stored_months
        union all
        select line from tap.quarantined
        union all
        select line from pg_temp.retained
    $$,
    $$values ('03-01 AHU01 240 240'), ('03 AHU01 240 240')$$,
    'the summary stays as it is, and nothing is in quarantine'
);
select is(
    tap.refresh(),
    'nothing pending, days 0, keys 0, readings 0, quarantined 0, pending 0',
    'the next refresh finds nothing to do'
);
call tap.add('2024-03-01 23:01+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 2 net 1')$$,
    'until the key changes again'
);
select is(
    (tap.error_of('select pg_temp.resolve(''add'')'))[3],
    '2024-03-01 AHU01: raw has 2, added since are 1.',
    'what was ignored is not added by the way'
);

-- Add is refused where some of the old readings are still there.
call pg_temp.start_over();
call tap.add('2024-03-02 12:00+09', 'AHU02', 10);
call ahu.refresh_dashboard_views();
call tap.drop_silently('ahu_id = ''AHU02'' and timestamp < ''2024-03-02 12:05+09''');
call tap.add('2024-03-02 23:00+09', 'AHU02', 1);
call ahu.refresh_dashboard_views();
create view pg_temp.everything as
select 'stored ' || s.line as line from tap.stored as s
union all
select 'month ' || m.line from tap.stored_months as m
union all
select 'quarantined ' || q.line from tap.quarantined as q
union all
select 'retained ' || r.line from pg_temp.retained as r
union all
select 'pending ' || p.day from _ahu.pending_changes as p;
create temp table before as
select
    e.line
from pg_temp.everything as e;
select is(
    tap.error_of('call ahu.resolve_quarantine(''2024-03-01'', ''2024-03-31'', null, ''add'')'),
    array[
        '55000',
        'raw may still have readings that the summaries count already',
        '2024-03-02 AHU02: raw has 6, added since are 1.',
        'Resolve these keys with ignore, which keeps the summary, or with replace, which keeps '
            'what raw has; or load their readings again, all of them.'
    ],
    'nothing is counted twice: the key is named'
);
select bag_eq(
    'select line from pg_temp.everything',
    'select line from before',
    'and nothing has changed, of the other key neither'
);
select is(
    pg_temp.resolve('add', ahus => array['AHU01', 'AHU99']),
    1::bigint,
    'the other key can be resolved by its name'
);
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-02 AHU02 stored 10 raw 6 net 1')$$,
    'which leaves this one in quarantine'
);
select is(
    pg_temp.resolve('ignore', last_day => '2024-03-01'),
    0::bigint,
    'days that are not named are not resolved'
);
select is(
    pg_temp.resolve('ignore', first_day => '2024-03-03'),
    0::bigint,
    'neither later nor earlier ones'
);
select is(
    pg_temp.resolve('replace', first_day => '2024-03-02', last_day => '2024-03-02'),
    1::bigint,
    'both days are included'
);
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 241 241'), ('03-02 AHU02 6 6')$$,
    'in the end each key is what was said of it'
);

-- Several keys at once.
call pg_temp.start_over();
call tap.add('2024-04-30 12:00+09', 'AHU01', 5);
call tap.add('2024-04-30 12:00+09', 'AHU02', 5);
call tap.add('2024-05-01 12:00+09', 'AHU02', 5);
call ahu.refresh_dashboard_views();
call tap.drop_silently('timestamp > ''2024-04-01''');
call ahu.mark_changed('2024-04-30', '2024-05-01');
call ahu.refresh_dashboard_views();
call tap.add('2024-05-02 12:00+09', 'AHU01', 7);
select is(
    pg_temp.resolve('add', '2024-01-01', '2024-12-31'),
    4::bigint,
    'several keys are resolved at once'
);
select results_eq(
    'select line from tap.stored',
    $$
        values
            ('03-01 AHU01 241 241'), ('04-30 AHU01 5 5'), ('04-30 AHU02 5 5'),
            ('05-01 AHU02 5 5')
    $$,
    'in whatever months'
);
select results_eq(
    'select distinct day from _ahu.pending_changes',
    $$values ('2024-05-02'::date)$$,
    'and other days are left to the refresh'
);
select is(
    pg_temp.resolve('add', '2024-01-01', '2024-12-31'),
    0::bigint,
    'what is resolved is not resolved again'
);

-- Two keys of one day, of which one is named.
call pg_temp.start_over();
call tap.add('2024-03-01 12:00+09', 'AHU02', 5);
call ahu.refresh_dashboard_views();
call tap.drop_silently('ahu_id = ''AHU02''');
call ahu.mark_changed('2024-03-01', '2024-03-01', array['AHU02']);
call ahu.refresh_dashboard_views();
select is(
    pg_temp.resolve('ignore', ahus => array['AHU01']),
    1::bigint,
    'of two keys of a day the one that is named is resolved'
);
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU02 stored 5 raw 0 net 0')$$,
    'and the other one is not'
);

-- The verdict is on the readings there are now.
call pg_temp.start_over();
call tap.add('2024-03-01 23:01+09', 'AHU01', 1);
select is(pg_temp.resolve('add'), 1::bigint, 'what came since the last refresh');
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 242 242')$$,
    'is added with the rest'
);
call pg_temp.start_over();
call tap.add('2024-03-01 00:00+09', 'AHU01', 240);
select is(
    pg_temp.resolve('replace'),
    0::bigint,
    'a key whose readings have been loaded again is in quarantine no more'
);
select results_eq(
    $$
        select line from tap.stored
        union all
        select line from tap.quarantined
    $$,
    $$values ('03-01 AHU01 241 241')$$,
    'and equals raw'
);

-- Under lookback nothing is counted.
call pg_temp.start_over();
update _ahu.quarantine
set net_readings = 0;
select is(
    (tap.error_of('select pg_temp.resolve(''add'')'))[1],
    '55000',
    'with triggers a reading that nothing has logged is in doubt'
);
update _ahu.source
set tracking = 'lookback';
select is(pg_temp.resolve('add'), 1::bigint, 'under lookback the operator''s word holds');
select results_eq(
    'select line from tap.stored',
    $$values ('03-01 AHU01 241 241')$$,
    'and raw is added'
);
update _ahu.source
set tracking = 'triggers';

-- Whatever is no verdict is refused.
create temp table refused as
select
    c.title,
    tap.error_of('call ahu.resolve_quarantine(' || c.arguments || ')') as error,
    c.message,
    c.detail
from (
    values
        (
            'a verdict that there is not',
            '''2024-03-01'', ''2024-03-01'', null, ''forget''',
            'how must be add, replace or ignore',
            'how is ''forget''.'
        ),
        (
            'no verdict',
            '''2024-03-01'', ''2024-03-01'', null, null',
            'how must be add, replace or ignore',
            'how is null.'
        ),
        (
            'no days',
            'null, ''2024-03-01'', null, ''add''',
            'from_day and until_day must both be days',
            'from_day is null, until_day is 2024-03-01; days go from 0001-01-02 to 9999-12-29.'
        ),
        (
            'no AHUs',
            '''2024-03-01'', ''2024-03-01'', ''{}'', ''add''',
            'ahu_ids must name AHUs',
            'ahu_ids is {}.'
        )
) as c (title, arguments, message, detail);
select is(r.error[1:3], array['22023', r.message, r.detail], r.title || ' is refused')
from refused as r;
select is(
    (select r.error[4] from refused as r where r.title = 'no verdict'),
    'add: what raw has came after the summary and is added to it; replace: what raw has is all '
        'there is; ignore: the summary stays as it is.',
    'the hint says what each verdict means'
);
select lives_ok(
    substring(r.error[4] from 'call ahu[.].*$'),
    'the hint works: ' || substring(r.error[4] from 'call ahu[.].*$')
)
from refused as r
where r.title = 'no days';

-- Rights.
set local role ahu_write;
select throws_ok(
    'call ahu.resolve_quarantine(''2024-03-01'', ''2024-03-01'', null, ''ignore'')',
    '42501',
    null,
    'the ETL does not judge'
);
reset role;

select * from finish();
