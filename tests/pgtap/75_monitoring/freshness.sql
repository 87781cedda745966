-- How fresh the views are, as ahu_read sees it.
-- needs_sessions: a tracked table cannot become a child there
select plan(52);

select is(
    (
        select
            string_agg(a.attname, ', ' order by a.attnum)
        from pg_attribute as a
        where a.attrelid = 'ahu.freshness'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'view_name, newest_day, newest_reading, pending_days, pending_since, backfill_days, '
    'quarantined_keys, last_refresh, last_duration, is_stale, is_tracked, scheduler, job_id, '
    'job_schedule, job_last_run, job_next_run, job_last_error, job_last_error_at, '
    'pending_keys',
    'the columns of ahu.freshness are these, in this order'
);
select col_type_is('ahu', 'freshness', 'view_name', 'text', 'view_name is text');
select col_type_is('ahu', 'freshness', 'newest_day', 'date', 'newest_day is date');
select col_type_is(
    'ahu', 'freshness', 'newest_reading', 'timestamp with time zone',
    'newest_reading is timestamp with time zone'
);
select col_type_is('ahu', 'freshness', 'pending_days', 'integer', 'pending_days is integer');
select col_type_is(
    'ahu', 'freshness', 'pending_since', 'timestamp with time zone',
    'pending_since is timestamp with time zone'
);
select col_type_is('ahu', 'freshness', 'backfill_days', 'integer', 'backfill_days is integer');
select col_type_is('ahu', 'freshness', 'quarantined_keys', 'bigint', 'quarantined_keys is bigint');
select col_type_is(
    'ahu', 'freshness', 'last_refresh', 'timestamp with time zone',
    'last_refresh is timestamp with time zone'
);
select col_type_is('ahu', 'freshness', 'last_duration', 'interval', 'last_duration is interval');
select col_type_is('ahu', 'freshness', 'is_stale', 'boolean', 'is_stale is boolean');
select col_type_is('ahu', 'freshness', 'is_tracked', 'boolean', 'is_tracked is boolean');
select col_type_is('ahu', 'freshness', 'pending_keys', 'bigint', 'pending_keys is bigint');

set local role ahu_read;
select results_eq(
    $$
        select
            view_name,
            newest_day,
            newest_reading,
            pending_days,
            pending_since,
            backfill_days,
            quarantined_keys,
            is_stale,
            pending_keys
        from ahu.freshness
        order by view_name
    $$,
    $$
        select
            v.name,
            null::date,
            null::timestamptz,
            0,
            null::timestamptz,
            0,
            0::bigint,
            false,
            0::bigint
        from unnest(array['mv_daily_ahu_costs', 'mv_daily_ahu_kwh', 'mv_monthly_ahu_costs'])
            as v (name)
    $$,
    'each of the three views has a row, an empty one too'
);
reset role;

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-03-16 12:00+09', 'AHU01'),
    ('2024-03-17 08:00+09', 'AHU01'),
    ('2024-03-17 09:00+09', 'AHU02');
call ahu.refresh_dashboard_views();
select set_eq(
    'select view_name, newest_day, newest_reading from ahu.freshness',
    $$
        values
            ('mv_daily_ahu_costs', '2024-03-17'::date, '2024-03-17 09:00+09'::timestamptz),
            ('mv_daily_ahu_kwh', '2024-03-17', '2024-03-17 09:00+09'),
            ('mv_monthly_ahu_costs', '2024-03-01', '2024-03-17 09:00+09')
    $$,
    'it names the newest day or month, and the newest reading'
);
set local timezone = 'America/Los_Angeles';
select set_eq(
    'select view_name, newest_day from ahu.freshness',
    $$
        values
            ('mv_daily_ahu_costs', '2024-03-17'::date),
            ('mv_daily_ahu_kwh', '2024-03-17'),
            ('mv_monthly_ahu_costs', '2024-03-01')
    $$,
    'the same from a session in Los Angeles'
);
reset timezone;
insert into _ahu.refresh_run (
    started_at, finished_at, called_by, outcome, days, keys, readings, quarantined, days_pending
)
values (now() - interval '1 day', now() + interval '1 day', 'x', 'refreshed', 0, 0, 0, 0, 0);
select results_eq(
    'select distinct last_refresh, last_duration from ahu.freshness',
    $$
        select
            r.finished_at,
            r.finished_at - r.started_at
        from ahu.refresh_runs as r
        order by r.started_at desc
        limit 1
    $$,
    'it tells of the last refresh'
);

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-03-18 12:00+09', 'AHU01'),
    ('2024-03-19 12:00+09', 'AHU01');
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-19 13:00+09', 'AHU02');
-- Another change of a key that is pending already.
update ahu_data.energy_readings
set sf_cost_krw = 1
where ahu_id = 'AHU01'
    and timestamp >= '2024-03-18 00:00+09';
select results_eq(
    'select distinct pending_keys from ahu.freshness',
    'values (3::bigint)',
    'keys of pending changes are counted, once each'
);
update _ahu.pending_changes
set logged_at = clock_timestamp() - interval '59 minutes'
where day = '2024-03-18';
select results_eq(
    'select distinct pending_days, backfill_days, pending_since, is_stale from ahu.freshness',
    'select 2, 0, min(logged_at), false from _ahu.pending_changes',
    'changes that wait less than stale_after are counted by day, and fresh enough'
);
update _ahu.pending_changes
set logged_at = clock_timestamp() - interval '61 minutes'
where day = '2024-03-18';
select ok(
    (select bool_and(f.is_stale) from ahu.freshness as f),
    'a change that waits longer makes all three stale'
);
update ahu.settings
set stale_after = '2 hours';
select ok(
    (select not bool_or(f.is_stale) from ahu.freshness as f),
    'another stale_after takes effect at once'
);
delete from ahu.settings;
select results_eq(
    'select view_name, is_stale from ahu.freshness order by view_name',
    $$
        values
            ('mv_daily_ahu_costs', true),
            ('mv_daily_ahu_kwh', true),
            ('mv_monthly_ahu_costs', true)
    $$,
    'without settings the three views are told of, and stale after the default'
);
update _ahu.pending_changes
set logged_at = clock_timestamp() - interval '59 minutes'
where day = '2024-03-18';
select results_eq(
    'select distinct is_stale from ahu.freshness',
    'values (false)',
    'which is one hour'
);
insert into ahu.settings (only_row)
values (true);
call ahu.refresh_dashboard_views(max_days => 1);
select results_eq(
    'select distinct pending_days, is_stale from ahu.freshness',
    'values (1, false)',
    'a refresh that takes the oldest change leaves the views fresh enough'
);
call ahu.refresh_dashboard_views();
update _ahu.refresh_run
set started_at = started_at - interval '1 day',
    finished_at = finished_at - interval '1 day';
select results_eq(
    'select distinct pending_days, pending_since, is_stale from ahu.freshness',
    'values (0, null::timestamptz, false)',
    'with nothing pending the views are fresh, however long ago the last refresh was'
);
call ahu.mark_changed('2024-03-18', '2024-03-19');
insert into _ahu.pending_changes (reason, day)
values
    ('backfill', '2024-03-19'),
    ('backfill', '2024-03-20');
select results_eq(
    'select distinct pending_days, backfill_days from ahu.freshness',
    'values (3, 2)',
    'days of the backfill are counted among the pending ones, and apart'
);
select results_eq(
    'select distinct pending_keys from ahu.freshness',
    'values (4::bigint)',
    'of whole days those keys count that have a summary, and a day without one as one'
);
call ahu.mark_changed('2024-03-19', '2024-03-19', array['AHU02', 'AHU03']);
insert into _ahu.pending_changes (reason, day)
values ('lookback', '2024-03-17');
select results_eq(
    'select distinct pending_days, pending_keys from ahu.freshness',
    'values (3, 5::bigint)',
    'keys that are named count beside those of their whole day, and those of lookback do not'
);
delete from _ahu.pending_changes
where reason = 'lookback'
    or ahu_ids is not null;
create function pg_temp.reads_rollup(columns text)
returns boolean
language plpgsql
as $reads_rollup$
declare
    v_plan json;
begin
    execute format('explain (format json) select %s from ahu.freshness', columns) into v_plan;
    return v_plan::text ~ 'daily_rollup';
end
$reads_rollup$;
select ok(
    not pg_temp.reads_rollup('view_name, is_stale, pending_days, quarantined_keys, last_refresh'),
    'keys are not counted for who does not ask how many are pending'
);
select ok(pg_temp.reads_rollup('*'), 'they are for who asks');
set local session_replication_role = replica;
delete from ahu_data.energy_readings
where timestamp > '2024-03-19 00:00+09';
set local session_replication_role = origin;
call ahu.refresh_dashboard_views();
select results_eq(
    'select distinct quarantined_keys, newest_day from ahu.freshness
        where view_name like ''mv_daily%''',
    $$values (2::bigint, '2024-03-19'::date)$$,
    'keys in quarantine are counted, and are still in the views'
);
truncate _ahu.refresh_run;
select results_eq(
    'select view_name, last_refresh, last_duration from ahu.freshness order by view_name',
    $$
        values
            ('mv_daily_ahu_costs', null::timestamptz, null::interval),
            ('mv_daily_ahu_kwh', null, null),
            ('mv_monthly_ahu_costs', null, null)
    $$,
    'without a history all three rows are there'
);

-- A trigger that is off notes nothing, and nobody would know.
select ok((select bool_and(f.is_tracked) from ahu.freshness as f), 'our triggers are at work');
create function pg_temp.is_tracked_after(command text)
returns boolean
language plpgsql
as $is_tracked_after$
begin
    execute 'alter table ahu_data.energy_readings ' || command;
    return (select bool_or(f.is_tracked) from ahu.freshness as f);
end
$is_tracked_after$;
select is(
    pg_temp.is_tracked_after(c.command),
    c.expected,
    'after ' || c.command || case when c.expected then ' they are' else ' they are not' end
)
from (
    values
        ('disable trigger ahu_note_deleted', false),
        ('enable trigger ahu_note_deleted', true),
        ('disable trigger all', false),
        ('enable trigger all', true),
        ('enable replica trigger ahu_note_inserted', false),
        ('enable always trigger ahu_note_inserted', true)
) as c (command, expected);
create table ahu_data.above (like ahu_data.energy_readings);
create table ahu_data.top (like ahu_data.energy_readings) partition by range (timestamp);
select is(
    pg_temp.is_tracked_after(c.command),
    c.expected,
    'after ' || c.command || case when c.expected then ' they are' else ' they are not' end
)
from (
    values
        ('inherit ahu_data.above', false),
        ('no inherit ahu_data.above', true)
) as c (command, expected);
create table ahu_data.below () inherits (ahu_data.energy_readings);
select ok(
    (select not bool_or(f.is_tracked) from ahu.freshness as f),
    'a table that has a child is not tracked, for that is written past it'
);
drop table ahu_data.below;
select ok(
    (select bool_and(f.is_tracked) from ahu.freshness as f),
    'when the child is gone it is'
);
alter table ahu_data.top attach partition ahu_data.energy_readings
for values from ('2024-01-01 00:00+09') to ('2025-01-01 00:00+09');
select ok(
    (select not bool_or(f.is_tracked) from ahu.freshness as f),
    'a partition is not tracked, for it is written through its table'
);
alter table ahu_data.top detach partition ahu_data.energy_readings;
select ok(
    (select bool_and(f.is_tracked) from ahu.freshness as f),
    'detached it is'
);
create table ahu_data.parted (like ahu_data.energy_readings) partition by range (timestamp);
create table ahu_data.parted_2024_01 partition of ahu_data.parted
for values from ('2024-01-01 00:00+09') to ('2024-02-01 00:00+09');
create table ahu_data.parted_2024_02 partition of ahu_data.parted
for values from ('2024-02-01 00:00+09') to ('2024-03-01 00:00+09');
create table ahu_data.parted_else partition of ahu_data.parted default;
update _ahu.source
set table_name = 'parted';
select ok(
    (select not bool_or(f.is_tracked) from ahu.freshness as f),
    'a partitioned table without triggers is not tracked'
);
call tap.track();
select ok(
    (select bool_and(f.is_tracked) from ahu.freshness as f),
    'one that has those it wants is'
);
create table ahu_data.higher (like ahu_data.energy_readings) partition by list (ahu_id);
alter table ahu_data.higher attach partition ahu_data.parted default;
select ok(
    (select not bool_or(f.is_tracked) from ahu.freshness as f),
    'one that is a partition itself is not'
);
alter table ahu_data.higher detach partition ahu_data.parted;
select ok(
    (select bool_and(f.is_tracked) from ahu.freshness as f),
    'and is when it is detached'
);
alter table ahu_data.parted disable trigger zz_ahu_note_moved;
select ok(
    (select not bool_or(f.is_tracked) from ahu.freshness as f),
    'one that has four of the five at work is not'
);
update _ahu.source
set table_name = 'energy_readings';

drop trigger ahu_note_truncated on ahu_data.energy_readings;
select ok(
    (select not bool_or(f.is_tracked) from ahu.freshness as f),
    'without one of them they are not'
);
drop table ahu_data.energy_readings cascade;
select results_eq(
    'select count(*), bool_or(is_tracked) from ahu.freshness',
    'values (3::bigint, false)',
    'without a raw table the views are still told of'
);

select * from finish();
