-- The ETL's role writes readings and calls the refresh. It cannot read or change anything of ours.
select plan(78);

select has_role('ahu_write', 'role ahu_write exists');
select is(
    shobj_description('ahu_write'::regrole, 'pg_authid'),
    'ETL: may write readings and call the refresh, no more (made by ahu-sql).',
    'the comment of ahu_write says who made it and what for'
);
select is(
    (
        select
            format('%s', array[r.rolcanlogin, r.rolsuper, r.rolcreaterole, r.rolcreatedb,
                r.rolreplication, r.rolbypassrls])
        from pg_roles as r
        where r.rolname = 'ahu_write'
    ),
    '{t,f,f,f,f,f}',
    'ahu_write can log in and has none of the great rights'
);
select is_empty(
    $$
        select
            m.roleid::regrole
        from pg_auth_members as m
        where m.member = 'ahu_write'::regrole
    $$,
    'ahu_write is a member of no role'
);

set local session authorization ahu_write;

select lives_ok(
    $$
        insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
        values
            ('2024-03-01 12:00+09', 'AHU01', 5),
            ('2024-03-01 12:06+09', 'AHU01', 7),
            ('2024-03-01 12:12+09', 'AHU01', 9)
    $$,
    'ahu_write inserts readings'
);
select lives_ok(
    $$
        update ahu_data.energy_readings
        set sf_cost_krw = 70
        where sf_cost_krw = 7
    $$,
    'ahu_write updates readings'
);
select lives_ok(
    'delete from ahu_data.energy_readings where sf_cost_krw = 9',
    'ahu_write deletes readings'
);
select lives_ok(
    $$
        merge into ahu_data.energy_readings as r
        using (values ('2024-03-01 12:18+09'::timestamptz, 'AHU01', 900)) as n (at, ahu_id, cost)
            on r.timestamp = n.at
            and r.ahu_id = n.ahu_id
        when matched then
            update set sf_cost_krw = n.cost
        when not matched then
            insert (timestamp, ahu_id, sf_cost_krw) values (n.at, n.ahu_id, n.cost)
    $$,
    'ahu_write merges readings'
);
select is(
    (select sum(sf_cost_krw) from ahu_data.energy_readings),
    975::numeric,
    'ahu_write reads the raw table'
);
call ahu.refresh_dashboard_views();
select lives_ok(
    'call ahu.refresh_dashboard_views(wait_for => ''0'', max_days => 1)',
    'ahu_write calls the refresh'
);

select throws_ok(
    'truncate ahu_data.energy_readings',
    '42501',
    'permission denied for table energy_readings',
    'ahu_write cannot truncate the raw table'
);
select throws_ok(
    c.command,
    '42501',
    c.message,
    'ahu_write cannot: ' || c.command
)
from (
    values
        ('drop table ahu_data.energy_readings', 'must be owner of table energy_readings'),
        ('alter table ahu_data.energy_readings add column extra integer',
            'must be owner of table energy_readings'),
        ('alter table ahu_data.energy_readings disable trigger ahu_note_inserted',
            'must be owner of table energy_readings'),
        ('drop trigger ahu_note_deleted on ahu_data.energy_readings',
            'must be owner of relation energy_readings'),
        ('create trigger mine after insert on ahu_data.energy_readings '
            'for each statement execute function suppress_redundant_updates_trigger()',
            'permission denied for table energy_readings'),
        ('create index on ahu_data.energy_readings (ahu_id)',
            'must be owner of table energy_readings'),
        ('set session_replication_role = replica',
            'permission denied to set parameter "session_replication_role"')
) as c (command, message);

select throws_ok(
    format(c.command, v.name),
    '42501',
    'permission denied for view ' || v.name,
    format('ahu_write cannot: ' || c.command, v.name)
)
from (
    values
        ('mv_daily_ahu_costs'),
        ('mv_daily_ahu_kwh'),
        ('mv_monthly_ahu_costs'),
        ('refresh_runs')
) as v (name)
cross join (
    values
        ('select * from ahu.%s'),
        ('delete from ahu.%s'),
        ('insert into ahu.%s default values')
) as c (command);
select throws_ok(
    'select * from ahu.freshness',
    '42501',
    'permission denied for view freshness',
    'ahu_write cannot read ahu.freshness'
);
select throws_ok(
    c.command,
    '42501',
    'permission denied for table settings',
    'ahu_write cannot: ' || c.command
)
from (
    values
        ('select * from ahu.settings'),
        ('update ahu.settings set keep_runs = ''1 second'''),
        ('delete from ahu.settings')
) as c (command);

select throws_ok(
    format(c.command, t.name),
    '42501',
    'permission denied for schema _ahu',
    format('ahu_write cannot: ' || c.command, t.name)
)
from (
    values
        ('daily_rollup'),
        ('ledger'),
        ('monthly_rollup'),
        ('pending_changes'),
        ('quarantine'),
        ('refresh_run'),
        ('role_limits'),
        ('site_grants'),
        ('source')
) as t (name)
cross join (
    values
        ('select * from _ahu.%s'),
        ('delete from _ahu.%s')
) as c (command);
select throws_ok(
    'insert into _ahu.pending_changes (day, reason) values (''2024-03-01'', ''insert'')',
    '42501',
    'permission denied for schema _ahu',
    'ahu_write cannot write to the log itself'
);

select throws_ok(
    'call ahu.mark_changed(''2024-03-01'', ''2024-03-01'', trust_raw => true)',
    '42501',
    'permission denied for procedure mark_changed',
    'ahu_write cannot mark days as changed'
);
select throws_ok(
    'select user_name, password from ahu.pgbouncer_login(''ahu_write'')',
    '42501',
    'permission denied for function pgbouncer_login',
    'ahu_write cannot look up passwords, not even its own'
);
select throws_ok(
    c.command,
    '42501',
    'permission denied for schema _ahu',
    'ahu_write cannot: ' || c.command
)
from (
    values
        ('select * from _ahu.summarise_readings(''2024-03-01'', ''2024-03-02'', null)'),
        ('select * from _ahu.fold_days(array[''2024-03-01'']::date[])'),
        ('call _ahu.fold_month(''2024-03-01'', array[''AHU01''])'),
        ('call _ahu.mark_backfill()'),
        ('call _ahu.leave_site()'),
        ('call _ahu.limit_role(''ahu_write'', ''statement_timeout'', null)'),
        ('call _ahu.limit_role(''ahu_read'', ''password'', ''mine'')'),
        ('select * from _ahu.wanted_limits()'),
        ('call _ahu.take_turn()'),
        ('update _ahu.refresh_turn set turn = 0'),
        ('select _ahu.acquire_refresh_lock(''0'')'),
        ('select _ahu.refresh_lock()')
) as c (command);

select throws_ok(
    c.command,
    '42501',
    c.message,
    'ahu_write cannot: ' || c.command
)
from (
    values
        ('create table ahu.mine (a integer)', 'permission denied for schema ahu'),
        ('create table _ahu.mine (a integer)', 'permission denied for schema _ahu'),
        ('create table ahu_data.mine (a integer)', 'permission denied for schema ahu_data'),
        ('create table public.mine (a integer)', 'permission denied for schema public'),
        ('create or replace procedure ahu.refresh_dashboard_views() language sql as ''''',
            'permission denied for schema ahu'),
        ('drop procedure ahu.refresh_dashboard_views',
            'must be owner of procedure ahu.refresh_dashboard_views'),
        ('alter procedure ahu.refresh_dashboard_views security invoker',
            'must be owner of procedure ahu.refresh_dashboard_views'),
        ('drop view ahu.mv_daily_ahu_costs', 'must be owner of view mv_daily_ahu_costs'),
        ('set role ahu_owner', 'permission denied to set role "ahu_owner"')
) as c (command, message);

-- A grant that the grantor has no option for is a warning, not an error: what counts is its effect.
grant execute on procedure ahu.refresh_dashboard_views to ahu_read;
reset session authorization;
select ok(
    not has_function_privilege(
        'ahu_read',
        (select p.oid from pg_proc as p where p.proname = 'refresh_dashboard_views'),
        'execute'
    ),
    'ahu_write cannot pass its rights on'
);
select results_eq(
    'select day, ahu_id, total_cost from ahu.mv_daily_ahu_costs',
    $$values ('2024-03-01'::date, 'AHU01', 975::numeric)$$,
    'what ahu_write wrote is in the views, to which it has no right'
);

select * from finish();
