-- The refresh, as Airflow calls it: in the caller's one transaction, such as this one.
-- needs_sessions: who holds a lock is not to be seen there
select plan(46);

-- A CALL, and the answer that it gives its caller.
select is(
    tap.refresh(),
    'nothing pending, days 0, keys 0, readings 0, quarantined 0, pending 0',
    'with nothing pending it does nothing and says so'
);
call tap.add('2024-02-29 23:58+09', 'AHU01', 4);
call tap.add('2024-03-01 12:00+09', 'AHU02', 3);
call tap.add('2024-03-05 12:00+09', 'AHU01', 1);
call ahu.refresh_dashboard_views();
select results_eq(
    'select outcome, days, keys, readings, quarantined, days_pending from ahu.refresh_runs
        order by run_id desc limit 1',
    'values (''refreshed'', 3, 4::bigint, 8::bigint, 0::bigint, 0)',
    'a CALL inside a transaction works, and the history tells what it did'
);
select results_eq(
    'select day, ahu_id, total_cost from ahu.mv_daily_ahu_costs order by day, ahu_id',
    $$
        values
            ('2024-02-29'::date, 'AHU01', 2::numeric),
            ('2024-03-01', 'AHU01', 2),
            ('2024-03-01', 'AHU02', 3),
            ('2024-03-05', 'AHU01', 1)
    $$,
    'the days are what raw says'
);
select results_eq(
    'select month, ahu_id, total_cost from ahu.mv_monthly_ahu_costs order by month, ahu_id',
    $$
        values
            ('2024-02-01'::date, 'AHU01', 2::numeric),
            ('2024-03-01', 'AHU01', 3),
            ('2024-03-01', 'AHU02', 3)
    $$,
    'the months are what the days say'
);
select is_empty('select * from _ahu.pending_changes', 'nothing is pending any more');
select is(
    tap.refresh(),
    'nothing pending, days 0, keys 0, readings 0, quarantined 0, pending 0',
    'a second call finds nothing to do'
);
select lives_ok(c.command, 'it may be called so: ' || c.command)
from (
    values
        ('call ahu.refresh_dashboard_views(''1 minute'', 5, null, null, null, null, null, null)'),
        ('call ahu.refresh_dashboard_views(max_days => 5, wait_for => ''1 minute'')'),
        ('do $do$ begin execute ''call ahu.refresh_dashboard_views()''; end $do$')
) as c (command);

select matches(
    pg_get_function_arguments(
        'ahu.refresh_dashboard_views'::regproc
    ),
    'wait_for interval DEFAULT ''00:05:00''::interval',
    'who says nothing else waits for five minutes'
);
call ahu.mark_changed('2024-03-01', '2024-03-01');
call ahu.mark_changed('2024-03-05', '2024-03-05', array['AHU01']);
call ahu.mark_changed('2024-03-05', '2024-03-05', array['AHU02']);
select is(
    tap.refresh(max_days => 1),
    'refreshed, days 1, keys 1, readings 1, quarantined 0, pending 1',
    'a day that is pending more than once is one day'
);
call ahu.refresh_dashboard_views();

-- Months follow their days, down to nothing.
delete from ahu_data.energy_readings
where timestamp >= '2024-03-05 00:00+09';
call ahu.refresh_dashboard_views();
select results_eq(
    'select total_cost from ahu.mv_monthly_ahu_costs
        where month = ''2024-03-01'' and ahu_id = ''AHU01''',
    'values (2::numeric)',
    'a day that is gone is out of its month'
);
delete from ahu_data.energy_readings
where timestamp >= '2024-03-01 00:00+09'
    and ahu_id = 'AHU01';
call ahu.refresh_dashboard_views();
select results_eq(
    'select month, ahu_id from ahu.mv_monthly_ahu_costs order by month',
    $$values ('2024-02-01'::date, 'AHU01'), ('2024-03-01', 'AHU02')$$,
    'a month without days is gone'
);

-- Who called, and when.
set local session authorization ahu_write;
call ahu.refresh_dashboard_views();
reset session authorization;
select results_eq(
    'select called_by, outcome from ahu.refresh_runs order by run_id desc limit 1',
    'values (''ahu_write'', ''nothing pending'')',
    'a run bears the name of who logged in, not of the owner'
);
select ok(
    (
        select
            r.started_at > now()
            and r.finished_at between r.started_at and clock_timestamp()
        from ahu.refresh_runs as r
        order by r.run_id desc
        limit 1
    ),
    'it lasts from its own start to its end, not from its transaction''s start'
);

-- The history is trimmed.
truncate _ahu.refresh_run;
insert into _ahu.refresh_run (
    started_at, finished_at, called_by, outcome, days, keys, readings, quarantined, days_pending
)
values
    (now() - interval '90 days 1 hour', now(), 'too old', 'refreshed', 0, 0, 0, 0, 0),
    (now() - interval '89 days', now(), 'old', 'refreshed', 0, 0, 0, 0, 0);
call ahu.refresh_dashboard_views();
select bag_eq(
    'select called_by from ahu.refresh_runs',
    'select ''old'' union all select session_user::text',
    'runs older than keep_runs are forgotten'
);
update ahu.settings
set keep_runs = '88 days';
call ahu.refresh_dashboard_views();
select bag_eq(
    'select called_by from ahu.refresh_runs',
    'select session_user::text from generate_series(1, 2)',
    'another keep_runs takes effect at once'
);

-- max_days bounds the work: what has waited for longest first, among equals the newest day.
delete from ahu_data.energy_readings;
call ahu.refresh_dashboard_views();
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    d.day + interval '12 hours',
    'AHU01',
    1
from generate_series('2024-03-01 00:00+09'::timestamptz, '2024-03-07 00:00+09', '1 day') as d (day);
update _ahu.pending_changes
set logged_at = now() - case day
        when '2024-03-03' then interval '2 hours'
        when '2024-03-05' then interval '1 hour'
        else interval '0'
    end;
-- An old entry and a new one: the day has waited since the old one.
insert into _ahu.pending_changes (reason, day, ahu_ids)
values ('insert', '2024-03-03', array['AHU01']);

create view pg_temp.folded as
select
    string_agg(to_char(d.day, 'MM-DD'), ' ' order by d.day) as days
from _ahu.daily_rollup as d;

select is(
    tap.refresh(max_days => 1),
    'refreshed, days 1, keys 1, readings 1, quarantined 0, pending 6',
    'max_days bounds one call, which says how many days are left'
);
select is(
    (select f.days from pg_temp.folded as f),
    '03-03',
    'the day that has waited for longest comes first'
);
select is(
    tap.refresh(max_days => 2),
    'refreshed, days 2, keys 2, readings 2, quarantined 0, pending 4',
    'the next call goes on where that one stopped'
);
select is(
    (select f.days from pg_temp.folded as f),
    '03-03 03-05 03-07',
    'then comes the next oldest, and among equals the newest day'
);
select is(
    (select r.days_pending from ahu.refresh_runs as r order by r.run_id desc limit 1),
    4,
    'the history says what is left'
);
select is(
    tap.refresh(max_days => 4),
    'refreshed, days 4, keys 4, readings 4, quarantined 0, pending 0',
    'as many as there are is all'
);

-- What is pending is folded to its last day, however much it is.
call ahu.mark_changed('2024-01-01', '2024-12-31');
select is(
    tap.refresh(max_days => 1000),
    'refreshed, days 366, keys 7, readings 7, quarantined 0, pending 0',
    'a year is folded in one call'
);
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    d.day + interval '12 hours',
    'AHU02',
    1
from generate_series('2023-01-01 00:00+09'::timestamptz, '2023-04-10 00:00+09', '1 day') as d (day);
select is(
    tap.refresh(),
    'refreshed, days 100, keys 100, readings 100, quarantined 0, pending 0',
    'so are a hundred days with readings'
);
select results_eq(
    'select total_cost from ahu.mv_monthly_ahu_costs where ahu_id = ''AHU02'' order by month',
    'values (31::numeric), (28), (31), (10)',
    'and their months are whole'
);

-- All or nothing.
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-01 13:00+09', 'AHU01', 10);
create function pg_temp.refuse()
returns trigger
language plpgsql
as $refuse$
begin
    raise exception 'no space left on device';
end
$refuse$;
create trigger refuse before insert or update on _ahu.monthly_rollup
for each row execute function pg_temp.refuse();
create temp table runs as
select count(*) as number from ahu.refresh_runs;
select throws_ok(
    'call ahu.refresh_dashboard_views()',
    'P0001',
    'no space left on device',
    'a refresh that fails in a late step fails'
);
drop trigger refuse on _ahu.monthly_rollup;
select results_eq(
    'select total_cost from ahu.mv_daily_ahu_costs
        where day = ''2024-03-01'' and ahu_id = ''AHU01''',
    'values (1::numeric)',
    'its first steps are undone with it'
);
select isnt_empty('select * from _ahu.pending_changes', 'what it had claimed is pending again');
select is(
    (select count(*) from ahu.refresh_runs),
    (select r.number from runs as r),
    'and it leaves no trace in the history'
);
call ahu.refresh_dashboard_views();
select results_eq(
    $$
        select total_cost from ahu.mv_daily_ahu_costs
        where day = '2024-03-01' and ahu_id = 'AHU01'
        union all
        select total_cost from ahu.mv_monthly_ahu_costs
        where month = '2024-03-01' and ahu_id = 'AHU01'
    $$,
    'values (11::numeric), (17::numeric)',
    'the next one does all that it would have done'
);

-- The session's TimeZone, which clients carry through the pool, changes nothing.
create view pg_temp.contents as
select
    (select array_agg(c::text order by c::text) from ahu.mv_daily_ahu_costs as c)
        || (select array_agg(c::text order by c::text) from ahu.mv_monthly_ahu_costs as c)
    as rows;
create temp table in_this_session as
select c.rows from pg_temp.contents as c;
create function pg_temp.refresh_anew(time_zone text)
returns text[]
language plpgsql
as $refresh_anew$
begin
    perform set_config('TimeZone', time_zone, true);
    truncate _ahu.daily_rollup, _ahu.monthly_rollup;
    call ahu.mark_changed('2023-01-01', '2024-12-31');
    perform tap.refresh();
    return (select c.rows from pg_temp.contents as c);
end
$refresh_anew$;
select is(
    pg_temp.refresh_anew(z.name),
    (select s.rows from in_this_session as s),
    'the views are the same from a session in ' || z.name
)
from (
    values
        ('America/Los_Angeles'),
        ('Pacific/Kiritimati'),
        ('America/St_Johns'),
        ('UTC')
) as z (name);
reset timezone;

-- Nor does any other setting that a session may bring.
set local datestyle = 'SQL, DMY';
set local intervalstyle = 'iso_8601';
set local plan_cache_mode = force_generic_plan;
create temp table with_other_settings as
select pg_temp.refresh_anew('UTC');
reset datestyle;
reset intervalstyle;
reset plan_cache_mode;
reset timezone;
select is(
    (select c.rows from pg_temp.contents as c),
    (select s.rows from in_this_session as s),
    'other settings of a session change nothing either'
);

-- It holds its lock until the caller's transaction ends.
select isnt_empty(
    $$
        select
            l.pid
        from pg_locks as l
        where l.locktype = 'advisory'
            and l.pid = pg_backend_pid()
            and l.granted
            and l.classid::bigint << 32 | l.objid::bigint = _ahu.refresh_lock()
    $$,
    'two callers'' transactions exclude each other'
);

-- What it refuses, and the way out.
create temp table refused as
select
    c.title,
    c.message,
    c.detail,
    tap.error_of('call ahu.refresh_dashboard_views(' || c.arguments || ')') as error
from (
    values
        (
            'to wait for less than nothing',
            'wait_for => ''-1 second''',
            'wait_for must be zero or more',
            'wait_for is -00:00:01.'
        ),
        (
            'to wait for nobody knows how long',
            'wait_for => null',
            'wait_for must be zero or more',
            'wait_for is null.'
        ),
        (
            'to fold no day',
            'max_days => 0',
            'max_days must be one or more',
            'max_days is 0.'
        ),
        (
            'to fold less than no day',
            'max_days => -1',
            'max_days must be one or more',
            'max_days is -1.'
        )
) as c (title, arguments, message, detail);
select is(
    r.error[1:3],
    array['22023', r.message, r.detail],
    r.title || ' is refused, with what was found'
)
from refused as r;
select lives_ok(
    substring(r.error[4] from 'call ahu[.].*$'),
    r.title || ': the hint shows a call that works'
)
from refused as r;

select is(
    (
        select
            array_agg(p.proname::text order by p.proname)
        from pg_proc as p
        where p.pronamespace in ('ahu'::regnamespace, '_ahu'::regnamespace)
            and p.prosecdef
    ),
    array[
        'current_job', 'extent', 'is_tracked', 'note_deleted', 'note_deleted_reading',
        'note_inserted', 'note_moved', 'note_revised', 'note_truncated', 'note_updated',
        'pgbouncer_login', 'readings', 'refresh_dashboard_views'
    ],
    'it runs with its owner''s rights, for the ETL has none on the rollups; else only triggers '
        'do, what ahu.freshness asks, what the pooler asks, and the drill-down'
);

select * from finish();
