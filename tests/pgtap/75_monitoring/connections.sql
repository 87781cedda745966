-- Who is connected, as pg_monitor sees it; of several sessions, see test_monitoring.py.
-- needs_sessions: pg_stat_activity does not know even the one that asks there
select plan(8);

select is(
    (
        select
            string_agg(format('%s %s', a.attname, format_type(a.atttypid, null)), ', '
                order by a.attnum)
        from pg_attribute as a
        where a.attrelid = 'ahu.connections'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'role_name text, alias text, state text, connections integer, longest interval, '
    'role_connections integer, role_limit integer, server_connections integer, '
    'server_limit integer',
    'the columns of ahu.connections are these, in this order'
);

set local role pg_monitor;
select ok(
    (
        select
            c.connections >= 1
                and c.longest >= interval '0'
                and c.role_connections >= c.connections
                and c.server_connections >= c.role_connections
        from ahu.connections as c
        where c.role_name = session_user::text
            and c.state = 'active'
    ),
    'this session is among the connections, of its role and of the server'
);
select results_eq(
    $$
        select
            c.role_name,
            c.alias,
            c.state,
            c.connections,
            c.longest,
            c.role_connections
        from ahu.connections as c
        where c.role_name like 'ahu%'
        order by 1
    $$,
    $$
        select
            r.name,
            null,
            null,
            0,
            null::interval,
            0
        from unnest(array['ahu_pgbouncer', 'ahu_read', 'ahu_write']) as r (name)
    $$,
    'our roles have a row each when nobody is connected'
);
reset role;
select results_eq(
    $$
        select
            role_name,
            role_limit
        from ahu.connections
        where role_name like 'ahu%'
        order by 1
    $$,
    $$
        select
            w.role_name,
            w.value::integer
        from _ahu.wanted_limits() as w
        where w.setting = 'connection limit'
        order by 1
    $$,
    'their limits are those of the settings'
);
alter role ahu_read connection limit -1;
select is(
    (select c.role_limit from ahu.connections as c where c.role_name = 'ahu_read'),
    null,
    'a role without a limit has none'
);
alter role ahu_read connection limit 0;
select is(
    (select c.role_limit from ahu.connections as c where c.role_name = 'ahu_read'),
    0,
    'none at all is a limit'
);
select is(
    (select sum(c.connections) from ahu.connections as c),
    (select max(c.server_connections)::bigint from ahu.connections as c),
    'all of them together are those of the server'
);
select is(
    (select distinct c.server_limit from ahu.connections as c),
    current_setting('max_connections')::integer - (
        select
            sum(s.setting::integer)::integer
        from pg_settings as s
        where s.name in ('superuser_reserved_connections', 'reserved_connections')
    ),
    'what is reserved is not among the server''s, in each version of PostgreSQL'
);

select * from finish();
