-- The dashboards' role can do nothing but read our views.
select plan(77);

select has_role('ahu_read', 'role ahu_read exists');
select is(
    shobj_description('ahu_read'::regrole, 'pg_authid'),
    'Dashboards: may read the views of schema ahu and nothing else (made by ahu-sql).',
    'the comment of ahu_read says who made it and what for'
);
select is(
    (
        select
            format('%s', array[r.rolcanlogin, r.rolsuper, r.rolcreaterole, r.rolcreatedb,
                r.rolreplication, r.rolbypassrls])
        from pg_roles as r
        where r.rolname = 'ahu_read'
    ),
    '{t,f,f,f,f,f}',
    'ahu_read can log in and has none of the great rights'
);
select is_empty(
    $$
        select
            m.roleid::regrole
        from pg_auth_members as m
        where m.member = 'ahu_read'::regrole
    $$,
    'ahu_read is a member of no role'
);

-- Something to read, to change and to steal.
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-01 12:00+09', 'AHU01', 5);
call ahu.refresh_dashboard_views();

set local session authorization ahu_read;

select results_eq(
    'select day, ahu_id, total_cost from ahu.mv_daily_ahu_costs',
    $$values ('2024-03-01'::date, 'AHU01', 5::numeric)$$,
    'ahu_read reads what is in ahu.mv_daily_ahu_costs'
);
select results_eq(
    'select day, ahu_id from ahu.mv_daily_ahu_kwh',
    $$values ('2024-03-01'::date, 'AHU01')$$,
    'ahu_read reads what is in ahu.mv_daily_ahu_kwh'
);
select results_eq(
    'select month, ahu_id, total_cost from ahu.mv_monthly_ahu_costs',
    $$values ('2024-03-01'::date, 'AHU01', 5::numeric)$$,
    'ahu_read reads what is in ahu.mv_monthly_ahu_costs'
);
select is(
    (select count(*) from ahu.freshness),
    3::bigint,
    'ahu_read reads ahu.freshness'
);
select isnt_empty('select * from ahu.refresh_runs', 'ahu_read reads ahu.refresh_runs');

-- No view lets a change through, simple enough to be updatable as some of them are.
select throws_ok(
    format(c.command, v.name),
    '42501',
    'permission denied for view ' || v.name,
    format('ahu_read cannot: ' || c.command, v.name)
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
        ('delete from ahu.%s'),
        ('insert into ahu.%s default values'),
        ('select from ahu.%s for update')
) as c (command);
-- This one is never updatable, for anybody.
select throws_ok(
    'delete from ahu.freshness',
    '55000',
    'cannot delete from view "freshness"',
    'ahu_read cannot delete from ahu.freshness'
);
select throws_ok(
    'update ahu.mv_daily_ahu_costs set steam_cost = 0',
    '42501',
    'permission denied for view mv_daily_ahu_costs',
    'ahu_read cannot update ahu.mv_daily_ahu_costs'
);
select throws_ok(
    'update ahu.mv_daily_ahu_kwh set hcv_kwh = 0',
    '42501',
    'permission denied for view mv_daily_ahu_kwh',
    'ahu_read cannot update ahu.mv_daily_ahu_kwh'
);
select throws_ok(
    'update ahu.mv_monthly_ahu_costs set steam_cost = 0',
    '42501',
    'permission denied for view mv_monthly_ahu_costs',
    'ahu_read cannot update ahu.mv_monthly_ahu_costs'
);
select throws_ok(
    'update ahu.refresh_runs set called_by = ''nobody''',
    '42501',
    'permission denied for view refresh_runs',
    'ahu_read cannot update ahu.refresh_runs'
);

select throws_ok(
    format('select * from _ahu.%I', t.name),
    '42501',
    'permission denied for schema _ahu',
    format('ahu_read cannot select from _ahu.%s', t.name)
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
) as t (name);
select throws_ok(
    'select * from ahu.settings',
    '42501',
    'permission denied for table settings',
    'ahu_read cannot select from ahu.settings'
);
select throws_ok(
    'update ahu.settings set stale_after = ''1 year''',
    '42501',
    'permission denied for table settings',
    'ahu_read cannot change a setting'
);

select throws_ok(
    c.command,
    '42501',
    'permission denied for schema ahu_data',
    'ahu_read cannot: ' || c.command
)
from (
    values
        ('select * from ahu_data.energy_readings'),
        ('insert into ahu_data.energy_readings (ahu_id) values (''AHU01'')'),
        ('update ahu_data.energy_readings set ahu_id = ''AHU02'''),
        ('delete from ahu_data.energy_readings'),
        ('truncate ahu_data.energy_readings')
) as c (command);

select throws_ok(
    'call ahu.refresh_dashboard_views()',
    '42501',
    'permission denied for procedure refresh_dashboard_views',
    'ahu_read cannot call the refresh'
);
select throws_ok(
    'call ahu.mark_changed(''2024-03-01'', ''2024-03-01'')',
    '42501',
    'permission denied for procedure mark_changed',
    'ahu_read cannot mark days as changed'
);

select throws_ok(
    'select user_name, password from ahu.pgbouncer_login(''ahu_read'')',
    '42501',
    'permission denied for function pgbouncer_login',
    'ahu_read cannot look up passwords, not even its own'
);
select throws_ok(
    c.command,
    '42501',
    'permission denied for schema _ahu',
    'ahu_read cannot: ' || c.command
)
from (
    values
        ('select _ahu.local_day(now())'),
        ('select * from _ahu.day_span(''2024-03-01'', ''2024-03-01'')'),
        ('select * from _ahu.summarise_readings(''2024-03-01'', ''2024-03-02'', null)'),
        ('select * from _ahu.raw_days()'),
        ('select * from _ahu.site()'),
        ('select * from _ahu.wanted_grants()'),
        ('select * from _ahu.wanted_limits()'),
        ('call _ahu.limit_role(''ahu_write'', ''password'', ''mine'')'),
        ('select * from _ahu.wanted_triggers()'),
        ('select _ahu.is_granted(''schema'', ''ahu'', ''usage'', ''ahu_read'')'),
        ('call _ahu.take_turn()'),
        ('select * from _ahu.fold_days(array[]::date[])'),
        ('call _ahu.fold_month(''2024-03-01'', array[''AHU01''])'),
        ('call _ahu.mark_backfill()'),
        ('call _ahu.leave_site()'),
        ('select _ahu.refresh_lock()'),
        ('select _ahu.acquire_refresh_lock(''0'')')
) as c (command);

select throws_ok(
    c.command,
    '42501',
    c.message,
    'ahu_read cannot: ' || c.command
)
from (
    values
        ('create table ahu.mine (a integer)', 'permission denied for schema ahu'),
        ('create table _ahu.mine (a integer)', 'permission denied for schema _ahu'),
        ('create table ahu_data.mine (a integer)', 'permission denied for schema ahu_data'),
        ('create table public.mine (a integer)', 'permission denied for schema public'),
        ('create function ahu.mine() returns integer language sql as ''select 1''',
            'permission denied for schema ahu'),
        ('create view ahu.mine as select 1 as a', 'permission denied for schema ahu'),
        ('create or replace view ahu.mv_daily_ahu_costs as select 1 as day',
            'permission denied for schema ahu'),
        ('drop view ahu.mv_daily_ahu_costs', 'must be owner of view mv_daily_ahu_costs'),
        ('alter view ahu.mv_daily_ahu_costs set schema public',
            'must be owner of view mv_daily_ahu_costs'),
        ('comment on view ahu.mv_daily_ahu_costs is ''mine''',
            'must be owner of view mv_daily_ahu_costs'),
        ('drop schema ahu', 'must be owner of schema ahu')
) as c (command, message);

-- A grant that the grantor has no option for is a warning, not an error: what counts is its effect.
grant select on ahu.mv_daily_ahu_costs to ahu_write;
select throws_ok(
    'set role ahu_owner',
    '42501',
    'permission denied to set role "ahu_owner"',
    'ahu_read cannot become ahu_owner'
);
reset session authorization;
select ok(
    not has_table_privilege('ahu_write', 'ahu.mv_daily_ahu_costs', 'select'),
    'ahu_read cannot pass its rights on'
);
select is(
    (select array_agg(s.stale_after) from ahu.settings as s),
    array['1 hour'::interval],
    'after all of that the settings are what they were'
);
select results_eq(
    'select ahu_id, sf_cost_krw from ahu_data.energy_readings',
    $$values ('AHU01', 5::numeric)$$,
    'after all of that the raw table is what it was'
);

select * from finish();
