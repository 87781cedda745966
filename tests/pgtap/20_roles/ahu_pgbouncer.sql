-- The pooler's own role can do nothing but look up the passwords of the two roles that it lets in.
select plan(89);

select has_role('ahu_pgbouncer', 'role ahu_pgbouncer exists');
select is(
    shobj_description('ahu_pgbouncer'::regrole, 'pg_authid'),
    'pgbouncer: may look up the passwords of ahu_read and ahu_write, no more (made by ahu-sql).',
    'the comment of ahu_pgbouncer says who made it and what for'
);
select is(
    (
        select
            format('%s', array[r.rolcanlogin, r.rolsuper, r.rolcreaterole, r.rolcreatedb,
                r.rolreplication, r.rolbypassrls])
        from pg_roles as r
        where r.rolname = 'ahu_pgbouncer'
    ),
    '{t,f,f,f,f,f}',
    'ahu_pgbouncer can log in and has none of the great rights'
);
select is_empty(
    $$
        select
            m.roleid::regrole
        from pg_auth_members as m
        where m.member = 'ahu_pgbouncer'::regrole
    $$,
    'ahu_pgbouncer is a member of no role'
);
select is_empty(
    $$
        select
            m.member::regrole
        from pg_auth_members as m
        where m.roleid = 'ahu_pgbouncer'::regrole
            and m.member in ('ahu_owner'::regrole, 'ahu_read'::regrole, 'ahu_write'::regrole)
    $$,
    'and none of our roles is a member of it'
);
select is(
    (select a.rolpassword from pg_authid as a where a.rolname = 'ahu_pgbouncer'),
    null,
    'it has no password where none was given: nobody gets in with one'
);

-- All that it may do to what is ours and the site's, PUBLIC's rights included.
select set_eq(
    $$
        select
            'schema ' || n.nspname as may_use
        from pg_namespace as n
        where n.nspname in ('ahu', '_ahu', 'ahu_data')
            and has_schema_privilege('ahu_pgbouncer', n.oid, 'usage, create')
        union all
        select
            'relation ' || c.oid::regclass
        from pg_class as c
        join pg_namespace as n
            on n.oid = c.relnamespace
        where n.nspname in ('ahu', '_ahu', 'ahu_data')
            and c.relkind not in ('i', 'I', 't', 'c', 'S')
            and (
                has_table_privilege('ahu_pgbouncer', c.oid, 'select, insert, update, delete')
                or has_table_privilege('ahu_pgbouncer', c.oid, 'truncate, references, trigger')
                or has_any_column_privilege(
                    'ahu_pgbouncer', c.oid, 'select, insert, update, references'
                )
            )
        union all
        select
            'sequence ' || c.oid::regclass
        from pg_class as c
        join pg_namespace as n
            on n.oid = c.relnamespace
        where n.nspname in ('ahu', '_ahu', 'ahu_data')
            and case c.relkind
                when 'S' then has_sequence_privilege('ahu_pgbouncer', c.oid, 'usage, select, update')
            end
        union all
        select
            'routine ' || p.oid::regprocedure
        from pg_proc as p
        join pg_namespace as n
            on n.oid = p.pronamespace
        where n.nspname in ('ahu', '_ahu', 'ahu_data')
            and has_function_privilege('ahu_pgbouncer', p.oid, 'execute')
    $$,
    $$values ('schema ahu'), ('routine ahu.pgbouncer_login(text)')$$,
    'of schema ahu it may use the look-up, and nothing else that is ours or the site''s'
);
select ok(
    not has_schema_privilege('ahu_pgbouncer', 'ahu', 'create'),
    'and build nothing there'
);
select is_empty(
    $$
        select
            d.objid
        from pg_shdepend as d
        where d.refclassid = 'pg_authid'::regclass
            and d.refobjid = 'ahu_pgbouncer'::regrole
            and d.deptype = 'o'
    $$,
    'it owns nothing'
);

-- Something to read, to change and to steal.
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-01 12:00+09', 'AHU01', 5);
call ahu.refresh_dashboard_views();
alter role ahu_read password 'of ahu_read';
alter role ahu_write password 'of ahu_write';
create role somebody_else login password 'of somebody else';

set local session authorization ahu_pgbouncer;

select results_eq(
    format('select user_name, password ~ ''^SCRAM-SHA-256'' from ahu.pgbouncer_login(%L)', r.name),
    format('values (%L, true)', r.name),
    'ahu_pgbouncer looks up ' || r.name
)
from (values ('ahu_read'), ('ahu_write')) as r (name);
select is_empty(
    format('select user_name, password from ahu.pgbouncer_login(%L)', r.name),
    'ahu_pgbouncer learns nothing of ' || r.name
)
from (values ('postgres'), ('somebody_else'), ('ahu_owner'), ('ahu_pgbouncer')) as r (name);

-- Passwords have no other door.
select throws_ok(
    c.command,
    '42501',
    c.message,
    'ahu_pgbouncer cannot: ' || c.command
)
from (
    values
        ('select rolpassword from pg_catalog.pg_authid', 'permission denied for table pg_authid'),
        ('select passwd from pg_catalog.pg_shadow', 'permission denied for view pg_shadow'),
        ('select pg_catalog.pg_read_file(''pg_hba.conf'')',
            'permission denied for function pg_read_file'),
        ('copy (select 1) to program ''true''', null)
) as c (command, message);
select throws_ok(
    c.command,
    '42501',
    null,
    'ahu_pgbouncer cannot: ' || c.command
)
from (
    values
        ('alter role ahu_read password ''mine'''),
        ('alter role ahu_write valid until ''infinity'''),
        ('alter role ahu_pgbouncer superuser'),
        ('alter role ahu_pgbouncer createrole'),
        ('create role mine'),
        ('drop role ahu_read'),
        ('grant ahu_owner to ahu_pgbouncer')
) as c (command);

select throws_ok(
    format(c.command, v.name),
    '42501',
    'permission denied for view ' || v.name,
    format('ahu_pgbouncer cannot: ' || c.command, v.name)
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
    'ahu_pgbouncer cannot read ahu.freshness'
);
select throws_ok(
    c.command,
    '42501',
    'permission denied for table settings',
    'ahu_pgbouncer cannot: ' || c.command
)
from (
    values
        ('select * from ahu.settings'),
        ('update ahu.settings set stale_after = ''1 year''')
) as c (command);

select throws_ok(
    format('select * from _ahu.%I', t.name),
    '42501',
    'permission denied for schema _ahu',
    format('ahu_pgbouncer cannot select from _ahu.%s', t.name)
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
    c.command,
    '42501',
    'permission denied for schema ahu_data',
    'ahu_pgbouncer cannot: ' || c.command
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
    c.command,
    '42501',
    'permission denied for procedure ' || c.name,
    'ahu_pgbouncer cannot: ' || c.command
)
from (
    values
        ('refresh_dashboard_views', 'call ahu.refresh_dashboard_views()'),
        ('mark_changed', 'call ahu.mark_changed(''2024-03-01'', ''2024-03-01'')'),
        ('resolve_quarantine',
            'call ahu.resolve_quarantine(''2024-03-01'', ''2024-03-01'', null, ''add'')'),
        ('schedule_refresh', 'call ahu.schedule_refresh(''1 hour'')'),
        ('unschedule_refresh', 'call ahu.unschedule_refresh()')
) as c (name, command);
select throws_ok(
    c.command,
    '42501',
    'permission denied for schema _ahu',
    'ahu_pgbouncer cannot: ' || c.command
)
from (
    values
        ('select _ahu.local_day(now())'),
        ('select * from _ahu.summarise_readings(''2024-03-01'', ''2024-03-02'', null)'),
        ('select * from _ahu.site()'),
        ('select * from _ahu.wanted_grants()'),
        ('select * from _ahu.wanted_limits()'),
        ('call _ahu.limit_role(''ahu_read'', ''password'', ''mine'')'),
        ('call _ahu.limit_role(''ahu_pgbouncer'', ''connection limit'', ''-1'')'),
        ('call _ahu.take_turn()'),
        ('call _ahu.mark_backfill()'),
        ('call _ahu.leave_site()'),
        ('select _ahu.acquire_refresh_lock(''0'')')
) as c (command);

select throws_ok(
    c.command,
    '42501',
    c.message,
    'ahu_pgbouncer cannot: ' || c.command
)
from (
    values
        ('create table ahu.mine (a integer)', 'permission denied for schema ahu'),
        ('create table _ahu.mine (a integer)', 'permission denied for schema _ahu'),
        ('create table ahu_data.mine (a integer)', 'permission denied for schema ahu_data'),
        ('create table public.mine (a integer)', 'permission denied for schema public'),
        ('create schema mine', 'permission denied for database ' || current_database()),
        ('create function ahu.mine() returns integer language sql as ''select 1''',
            'permission denied for schema ahu'),
        ('create or replace function ahu.pgbouncer_login(login text) '
            'returns table (user_name text, password text) language sql as '
            '$$select ''postgres'', null::text$$',
            'permission denied for schema ahu'),
        ('drop function ahu.pgbouncer_login(text)',
            'must be owner of function ahu.pgbouncer_login'),
        ('alter function ahu.pgbouncer_login(text) reset all',
            'must be owner of function ahu.pgbouncer_login'),
        ('alter function ahu.pgbouncer_login(text) owner to ahu_pgbouncer',
            'must be owner of function pgbouncer_login'),
        ('comment on function ahu.pgbouncer_login(text) is ''mine''',
            'must be owner of function ahu.pgbouncer_login'),
        ('drop schema ahu', 'must be owner of schema ahu')
) as c (command, message);

select throws_ok(
    format('set role %I', r.name),
    '42501',
    format('permission denied to set role "%s"', r.name),
    'ahu_pgbouncer cannot become ' || r.name
)
from (values ('ahu_owner'), ('ahu_read'), ('ahu_write'), ('postgres')) as r (name);
-- A grant that the grantor has no option for is a warning, not an error: what counts is its effect.
grant execute on function ahu.pgbouncer_login(text) to ahu_read, public;
reset session authorization;
select ok(
    not has_function_privilege('ahu_read', 'ahu.pgbouncer_login(text)', 'execute'),
    'ahu_pgbouncer cannot pass its right on'
);
select results_eq(
    'select ahu_id, sf_cost_krw from ahu_data.energy_readings',
    $$values ('AHU01', 5::numeric)$$,
    'after all of that the raw table is what it was'
);

select * from finish();
