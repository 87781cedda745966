-- A hostile object in public or pg_temp is never called: neither by what the ETL does, nor by what
-- the dashboards read, nor by what a DBA calls, in a session whose search_path prefers such objects
-- to PostgreSQL's own.
select plan(20);

create table public.calls (object text not null);

create function public.note_call(object text)
returns void
security definer
set search_path = pg_catalog, pg_temp
language sql
as 'insert into public.calls (object) values (note_call.object)';

-- Functions that are called as PostgreSQL's own, and say so. From here on nothing in this file
-- relies on a search_path with public in it: format(text, text[]) alone takes over every format.
set local search_path = pg_catalog, tap;
do $functions$
declare
    v_row record;
begin
    for v_row in
        values
            ('now', '', 'timestamptz', '''2000-01-01 00:00+00'''),
            ('clock_timestamp', '', 'timestamptz', '''2000-01-01 00:00+00'''),
            ('date_bin', 'interval, timestamptz, timestamptz', 'timestamptz', '''2000-01-01'''),
            ('timezone', 'text, timestamptz', 'timestamp', '''2000-01-01'''),
            ('timezone', 'text, timestamp', 'timestamptz', '''2000-01-01 00:00+00'''),
            ('date_trunc', 'text, timestamp', 'timestamp', '''2000-01-01'''),
            ('isfinite', 'date', 'boolean', 'true'),
            ('abs', 'integer', 'integer', '666'),
            ('raw_days', 'date', 'date', '''2000-01-01'''),
            ('cardinality', 'anyarray', 'integer', '0'),
            ('array_position', 'anycompatiblearray, anycompatible', 'integer', 'null'),
            ('generate_series', 'integer, integer', 'integer', '666'),
            ('unnest', 'anyarray', 'integer', '666'),
            ('format', 'text, variadic text[]', 'text', '''select 666'''),
            ('set_config', 'text, text, boolean', 'text', '''666'''),
            ('current_setting', 'text', 'text', '''666'''),
            ('ceil', 'numeric', 'numeric', '666'),
            ('pg_try_advisory_xact_lock', 'bigint', 'boolean', 'false'),
            ('pg_advisory_xact_lock', 'bigint', 'integer', '666'),
            ('local_day', 'timestamptz', 'date', '''2000-01-01'''),
            ('fold_days', 'date[]', 'date', '''2000-01-01'''),
            ('refresh_lock', '', 'bigint', '666'),
            ('is_tracked', '', 'boolean', 'null'),
            ('is_hypertable', 'regclass', 'boolean', 'true'),
            ('may_grow', 'regclass', 'boolean', 'false'),
            ('extension_version', 'name', 'integer[]', '''{666}'''),
            ('to_regclass', 'text', 'regclass', '''pg_class'''),
            ('acquire_refresh_lock', 'interval', 'boolean', 'false')
    loop
        execute pg_catalog.format(
            'create function public.%I(%s) returns %s language plpgsql as %L',
            v_row.column1,
            v_row.column2,
            v_row.column3,
            pg_catalog.format(
                'begin perform public.note_call(%L); return %s; end',
                v_row.column1,
                v_row.column4
            )
        );
    end loop;

    for v_row in
        values
            ('sum', 'numeric', 'numeric', '666'),
            ('sum', 'bigint', 'numeric', '666'),
            ('max', 'timestamptz', 'timestamptz', '''2000-01-01 00:00+00'''),
            ('min', 'timestamptz', 'timestamptz', '''2000-01-01 00:00+00'''),
            ('min', 'date', 'date', '''2000-01-01'''),
            ('max', 'date', 'date', '''2000-01-01'''),
            ('count', 'date', 'bigint', '666'),
            ('bool_or', 'boolean', 'boolean', 'true'),
            ('array_agg', 'text', 'text[]', '''{666}'''),
            ('array_agg', 'bigint', 'bigint[]', '''{666}'''),
            ('array_agg', 'numeric', 'numeric[]', '''{666}''')
    loop
        execute pg_catalog.format(
            'create function public.%I(%s, %s) returns %s language plpgsql as %L',
            v_row.column1 || '_step',
            v_row.column3,
            v_row.column2,
            v_row.column3,
            pg_catalog.format(
                'begin perform public.note_call(%L); return %s; end',
                v_row.column1,
                v_row.column4
            )
        );
        execute pg_catalog.format(
            'create aggregate public.%I(%s) (sfunc = public.%I, stype = %s)',
            v_row.column1,
            v_row.column2,
            v_row.column1 || '_step',
            v_row.column3
        );
    end loop;
    create function public.count_step(bigint)
    returns bigint
    language plpgsql
    as 'begin perform public.note_call(''count''); return 666; end';
    create aggregate public.count(*) (sfunc = public.count_step, stype = bigint);
end
$functions$;

-- Operators likewise.
do $operators$
declare
    v_row record;
    v_function text;
begin
    for v_row in
        select
            row_number() over () as number,
            o.*
        from (
            values
                ('=', 'text', 'text', 'boolean', 'true'),
                ('=', 'date', 'date', 'boolean', 'true'),
                ('=', 'bigint', 'bigint', 'boolean', 'true'),
                ('=', 'numeric', 'numeric', 'boolean', 'true'),
                ('=', 'interval', 'interval', 'boolean', 'true'),
                ('=', 'timestamptz', 'timestamptz', 'boolean', 'true'),
                ('<>', 'interval', 'interval', 'boolean', 'false'),
                ('<>', 'timestamp', 'timestamp', 'boolean', 'false'),
                ('>=', 'timestamptz', 'timestamptz', 'boolean', 'true'),
                ('<', 'timestamptz', 'timestamptz', 'boolean', 'false'),
                ('<', 'interval', 'interval', 'boolean', 'true'),
                ('>=', 'date', 'date', 'boolean', 'false'),
                ('<', 'date', 'date', 'boolean', 'true'),
                ('<', 'integer', 'integer', 'boolean', 'true'),
                ('>', 'integer', 'integer', 'boolean', 'false'),
                ('>=', 'bigint', 'bigint', 'boolean', 'false'),
                ('>=', 'numeric', 'numeric', 'boolean', 'false'),
                ('>=', 'bigint', 'numeric', 'boolean', 'false'),
                ('+', 'numeric', 'numeric', 'numeric', '666'),
                ('+', 'bigint', 'bigint', 'bigint', '666'),
                ('+', 'date', 'integer', 'date', '''2000-01-01'''),
                ('-', 'date', 'integer', 'date', '''2000-01-01'''),
                ('-', 'date', 'date', 'integer', '666'),
                ('-', 'timestamp', 'timestamp', 'interval', '''666 days'''),
                ('-', 'timestamptz', 'timestamptz', 'interval', '''666 days'''),
                ('-', 'timestamptz', 'interval', 'timestamptz', '''2000-01-01 00:00+00'''),
                ('+', 'timestamptz', 'interval', 'timestamptz', '''2000-01-01 00:00+00'''),
                ('-', 'numeric', 'numeric', 'numeric', '666')
        ) as o (name, left_type, right_type, result, value)
    loop
        v_function := 'operator_' || v_row.number;
        execute pg_catalog.format(
            'create function public.%I(%s, %s) returns %s language plpgsql as %L',
            v_function,
            v_row.left_type,
            v_row.right_type,
            v_row.result,
            pg_catalog.format(
                'begin perform public.note_call(%L); return %s; end',
                'operator ' || v_row.name,
                v_row.value
            )
        );
        execute pg_catalog.format(
            'create operator public.%s (leftarg = %s, rightarg = %s, function = public.%I)',
            v_row.name,
            v_row.left_type,
            v_row.right_type,
            v_function
        );
    end loop;
end
$operators$;

-- Tables that are named as ours, as the transition tables and as the catalogs: whoever took one of
-- them for the other would read nothing, or write where nobody looks.
grant create on schema public to ahu_write;
set local session authorization ahu_write;
do $tables$
declare
    v_name text;
begin
    foreach v_name in array array[
        'daily_rollup', 'monthly_rollup', 'pending_changes', 'quarantine', 'refresh_run',
        'refresh_turn', 'settings', 'source', 'energy_readings', 'new_rows', 'old_rows',
        'claimed', 'fresh', 'stored', 'judged',
        'pg_class', 'pg_locks', 'pg_roles', 'pg_database', 'pg_trigger', 'pg_proc', 'pg_inherits',
        'pg_extension', 'pg_subscription_rel', 'pg_authid'
    ]
    loop
        execute pg_catalog.format('create temp table %I (nothing integer)', v_name);
        continue when v_name like 'pg\_%';
        execute pg_catalog.format('create table public.%I (nothing integer)', v_name);
    end loop;
end
$tables$;

-- The trap works: whoever relies on the search_path falls into it.
set local search_path = pg_temp, public, pg_catalog;
create temp table trapped as
select
    now() as n,
    'a'::text = 'b'::text as e,
    sum(1::numeric) as s,
    count(*) as c,
    1::numeric + 1::numeric as p,
    date_bin('1 day', '2024-03-01 00:00+00'::timestamptz, '2024-03-01 00:00+00'::timestamptz) as d;
set local search_path = pg_catalog, tap;
reset session authorization;
select results_eq(
    'select n, e, s, c, p, d from pg_temp.trapped',
    $$
        values (
            '2000-01-01 00:00+00'::timestamptz, true, 666::numeric, 666::bigint, 666::numeric,
            '2000-01-01'::timestamptz
        )
    $$,
    'whoever relies on such a search_path is answered by hostile objects'
);
select set_eq(
    'select object from public.calls',
    'values (''now''), (''operator =''), (''sum''), (''count''), (''operator +''), (''date_bin'')',
    'and each of them says that it was called'
);
delete from public.calls;

-- What the ETL does. Its own statements name their operators, ours must hold by themselves.
create unique index on ahu_data.energy_readings (timestamp, ahu_id);
set local session authorization ahu_write;
set local search_path = pg_temp, public, pg_catalog;
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw, hcv_steam_kwh)
values
    ('2024-02-29 23:59+09', 'AHU01', 1, 0.1),
    ('2024-03-01 00:00+09', 'AHU01', 2, 0.2),
    ('2024-03-01 12:00+09', 'AHU01', 4, null),
    ('2024-03-01 12:00+09', 'AHU02', 8, null),
    ('2024-03-02 12:00+09', 'AHU02', 16, null),
    ('1987-05-10 12:00+10', 'AHU02', 32, null);
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-02 13:00+09', 'AHU02', 64);
call ahu.refresh_dashboard_views();
update ahu_data.energy_readings
set sf_cost_krw = 128
where sf_cost_krw operator(pg_catalog.=) 8;
update ahu_data.energy_readings
set timestamp = '2024-03-05 12:00+09'
where sf_cost_krw operator(pg_catalog.=) 4;
delete from ahu_data.energy_readings
where sf_cost_krw operator(pg_catalog.=) 16;
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values
    ('2024-03-02 13:00+09', 'AHU02', 256),
    ('2024-03-02 14:00+09', 'AHU02', 512)
on conflict (timestamp, ahu_id) do update
set sf_cost_krw = excluded.sf_cost_krw;
merge into ahu_data.energy_readings as r
using (values (1024::pg_catalog.numeric)) as n (cost)
    on r.sf_cost_krw operator(pg_catalog.=) n.cost
when not matched then
    insert (timestamp, ahu_id, sf_cost_krw) values ('2024-04-01 00:00+09', 'AHU01', n.cost);
call ahu.refresh_dashboard_views(wait_for => '5 minutes', max_days => 100);
set local search_path = pg_catalog, tap;
reset session authorization;

select is_empty('select distinct object from public.calls', 'the ETL''s statements call none');
select results_eq(
    'select day, ahu_id, hcv_kwh, electricity_cost from _ahu.daily_rollup order by day, ahu_id',
    $$
        values
            ('1987-05-10'::date, 'AHU02', null::numeric, 32::numeric),
            ('2024-02-29', 'AHU01', 0.1, 1),
            ('2024-03-01', 'AHU01', 0.2, 2),
            ('2024-03-01', 'AHU02', null, 128),
            ('2024-03-02', 'AHU02', null, 768),
            ('2024-03-05', 'AHU01', null, 4),
            ('2024-04-01', 'AHU01', null, 1024)
    $$,
    'and the days are what raw says'
);
select results_eq(
    'select month, ahu_id, total_cost from _ahu.monthly_rollup order by month, ahu_id',
    $$
        values
            ('1987-05-01'::date, 'AHU02', 32::numeric),
            ('2024-02-01', 'AHU01', 1),
            ('2024-03-01', 'AHU01', 6),
            ('2024-03-01', 'AHU02', 896),
            ('2024-04-01', 'AHU01', 1024)
    $$,
    'and the months are'
);
select is_empty('select * from _ahu.pending_changes', 'and nothing is left pending');
select is_empty('select * from _ahu.quarantine', 'and no deletion was taken for retention');

-- What the dashboards read.
set local session authorization ahu_read;
set local search_path = pg_temp, public, pg_catalog;
create temp table seen as
select
    (select pg_catalog.sum(d.total_cost) from ahu.mv_daily_ahu_costs as d) as daily_cost,
    (select pg_catalog.sum(d.hcv_kwh) from ahu.mv_daily_ahu_kwh as d) as daily_kwh,
    (select pg_catalog.sum(m.total_cost) from ahu.mv_monthly_ahu_costs as m) as monthly_cost,
    (select pg_catalog.max(f.newest_day) from ahu.freshness as f) as newest_day,
    (select pg_catalog.max(f.pending_days) from ahu.freshness as f) as pending_days,
    (select pg_catalog.bool_or(f.is_stale) from ahu.freshness as f) as is_stale,
    (select pg_catalog.count(*) from ahu.refresh_runs as r) as runs;
set local search_path = pg_catalog, tap;
reset session authorization;
select is_empty('select distinct object from public.calls', 'the views call none');
select results_eq(
    'select daily_cost, daily_kwh, monthly_cost, newest_day, pending_days, is_stale, runs
        from pg_temp.seen',
    $$
        select
            1959::numeric,
            0.3,
            1959::numeric,
            '2024-04-01'::date,
            0,
            false,
            (select count(*) from _ahu.refresh_run)
    $$,
    'and say what is stored'
);

-- What the pooler asks, over the connection of a client that it has let in.
alter role ahu_read password 'of ahu_read';
set local session authorization ahu_pgbouncer;
set local search_path = pg_temp, public, pg_catalog;
create temp table looked_up as
select
    l.user_name,
    pg_catalog.starts_with(l.password, 'SCRAM-SHA-256') as has_secret
from ahu.pgbouncer_login('ahu_read') as l;
set local search_path = pg_catalog, tap;
reset session authorization;
select is_empty('select distinct object from public.calls', 'the look-up of passwords calls none');
select results_eq(
    'select user_name, has_secret from pg_temp.looked_up',
    'values (''ahu_read''::text, true)',
    'and reads the server''s own catalog'
);

-- What a DBA calls.
update _ahu.source
set backfill_marked_at = null;
set local search_path = pg_temp, public, pg_catalog;
call ahu.mark_changed('2024-03-01', '2024-03-02', array['AHU01'], trust_raw => true);
call _ahu.mark_backfill();
truncate ahu_data.energy_readings;
set local search_path = pg_catalog, tap;
select is_empty('select distinct object from public.calls', 'what a DBA calls calls none');
select results_eq(
    'select reason, count(*), min(day) from _ahu.pending_changes group by reason order by reason',
    $$
        values
            ('backfill', 6::bigint, '1987-05-10'::date),
            ('mark_changed', 2, '2024-03-01'),
            ('truncate', 6, '1987-05-10')
    $$,
    'and marks what it should'
);
delete from _ahu.pending_changes
where reason = 'backfill';
set local search_path = pg_temp, public, pg_catalog;
call ahu.refresh_dashboard_views();
set local search_path = pg_catalog, tap;
select is_empty('select distinct object from public.calls', 'nor does a refresh of the DBA''s own');
select is(
    (select count(*) from _ahu.quarantine),
    6::bigint,
    'which judges as always'
);
set local search_path = pg_temp, public, pg_catalog;
call ahu.resolve_quarantine('2024-03-01', '2024-03-02', array['AHU02'], 'add');
call ahu.resolve_quarantine('2024-03-01', '2024-03-05', array['AHU01'], 'ignore');
call ahu.resolve_quarantine('2024-01-01', '2024-12-31', null, 'replace');
call ahu.unschedule_refresh();
update _ahu.source
set tracking = 'lookback';
call ahu.refresh_dashboard_views();
set local search_path = pg_catalog, tap;
select is_empty(
    'select distinct object from public.calls',
    'nor does what resolves a quarantine and unschedules'
);
select results_eq(
    'select day, ahu_id, readings from _ahu.daily_rollup order by day, ahu_id',
    $$
        values
            ('1987-05-10'::date, 'AHU02', 1::bigint),
            ('2024-03-01', 'AHU02', 1),
            ('2024-03-02', 'AHU02', 2),
            ('2024-03-05', 'AHU01', 1)
    $$,
    'and does what was said'
);
set local search_path = pg_temp, public, pg_catalog;
call _ahu.leave_site();
set local search_path = pg_catalog, tap;
select is_empty('select distinct object from public.calls', 'and to leave the site calls none');
select is_empty(
    $$
        select
            t.tgname
        from pg_catalog.pg_trigger as t
        where t.tgrelid = 'ahu_data.energy_readings'::regclass
            and not t.tgisinternal
    $$,
    'and leaves it'
);

select is_empty(
    $$
        select
            c.relname
        from pg_catalog.pg_class as c
        where c.relname in (
                'daily_rollup', 'monthly_rollup', 'pending_changes', 'quarantine', 'refresh_run',
                'refresh_turn', 'settings', 'source', 'energy_readings', 'new_rows', 'old_rows'
            )
            and c.relnamespace in (pg_my_temp_schema(), 'public'::regnamespace)
            and pg_relation_size(c.oid) > 0
    $$,
    'no row was ever written into a table that only bears the name of another'
);

select * from finish();
