-- Who is connected to the server, against what it and the roles allow: limits of connections count
-- in all databases.
create or replace view ahu.connections as
with client as (
    select
        a.role_name,
        a.alias,
        a.state,
        a.state_since
    from _ahu.activity as a
    where a.is_client
),
-- Our roles are there when nobody is connected, for a graph to go down to zero.
role as (
    select
        coalesce(r.rolname::text collate pg_catalog."default", c.role_name) as role_name,
        nullif(r.rolconnlimit, -1) as role_limit,
        c.alias,
        c.state,
        c.state_since,
        c.role_name is not null as is_connected
    from pg_catalog.pg_roles as r
    full join client as c
        on c.role_name = r.rolname::text collate pg_catalog."default"
    where c.role_name is not null
        or r.rolname in ('ahu_read', 'ahu_write', 'ahu_pgbouncer')
)
select
    r.role_name,
    r.alias,
    r.state,
    (count(*) filter (where r.is_connected))::integer as connections,
    pg_catalog.clock_timestamp() - min(r.state_since) as longest,
    (sum(count(*) filter (where r.is_connected)) over (partition by r.role_name))::integer
        as role_connections,
    r.role_limit,
    (sum(count(*) filter (where r.is_connected)) over ())::integer as server_connections,
    pg_catalog.current_setting('max_connections')::integer
        - pg_catalog.current_setting('superuser_reserved_connections')::integer
        -- PostgreSQL knows it from 16 on.
        - coalesce(pg_catalog.current_setting('reserved_connections', true)::integer, 0)
        as server_limit
from role as r
group by
    r.role_name,
    r.role_limit,
    r.alias,
    r.state;

comment on view ahu.connections is
    'Connections of clients to the server, in all its databases: a row per role, alias of the '
    'pooler and state, and one of no connections for each of our roles that has none. Members of '
    'pg_monitor see everybody''s state; who else is granted the view sees that of its own role, '
    'and the others counted without, the schedulers'' workers among them.';
comment on column ahu.connections.role_name is
    'The role that logged in.';
comment on column ahu.connections.alias is
    'The alias of pgbouncer through which they come, told by what pgbouncer adds to '
    'application_name; null: not through an alias of ours, or the client has set application_name '
    'after it had logged in.';
comment on column ahu.connections.state is
    'active, idle, idle in transaction and so on, as pg_stat_activity says it; null: nobody is '
    'connected, or the reader may not see it.';
comment on column ahu.connections.connections is
    'How many there are.';
comment on column ahu.connections.longest is
    'How long the one has been in that state that has been so for longest; null: as for state.';
comment on column ahu.connections.role_connections is
    'All connections of this role.';
comment on column ahu.connections.role_limit is
    'How many it may have; null: it has no limit of its own. Superusers'' limits do not count.';
comment on column ahu.connections.server_connections is
    'All connections of clients.';
comment on column ahu.connections.server_limit is
    'How many the server has for roles without special rights: max_connections less what is '
    'reserved.';

revoke all on table ahu.connections from public;
grant select on table ahu.connections to pg_monitor;
