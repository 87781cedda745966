-- What each session does, as PostgreSQL shows it to whoever asks: pg_stat_activity hides state,
-- times and text of other roles' sessions from who is not in pg_read_all_stats, through views too.
-- So this adds no right, and the views over it need no other grant than their own.
create or replace view _ahu.activity as
select
    a.pid,
    -- Names sort as in "C", and text of one collation cannot be compared with that of another.
    a.datname::text collate pg_catalog."default" as database_name,
    pg_catalog.pg_get_userbyid(a.usesysid)::text collate pg_catalog."default" as role_name,
    -- pgbouncer has an alias per role, named like it, and appends where its client is: "app -
    -- 10.0.0.7:51234", "app - unix(4711@host):6432". PostgreSQL cuts names after 63 bytes: of one
    -- that is as long the end is gone, and few clients give themselves such a name.
    case
        when a.usename in ('ahu_read', 'ahu_write')
            and (
                a.application_name ~ ' - [^ ]+:[0-9]+$'
                or pg_catalog.octet_length(a.application_name) = 63
            )
        then a.usename::text collate pg_catalog."default"
    end as alias,
    a.application_name,
    a.client_addr,
    a.state,
    a.state_change as state_since,
    -- Outside of a transaction only what PostgreSQL does for a query before it begins one.
    coalesce(a.xact_start, a.query_start) as started_at,
    case
        when a.state = 'active'
        then a.wait_event_type || ': ' || a.wait_event
    end as waits_for,
    a.query,
    -- Of whom the reader may see nothing not even this is known: those who logged in to a database,
    -- the schedulers' workers among them.
    coalesce(
        a.backend_type = 'client backend', a.usesysid is not null and a.datid is not null
    ) as is_client,
    a.backend_type in ('autovacuum worker', 'walsender') or a.leader_pid is not null as is_helper
from pg_catalog.pg_stat_activity as a;

comment on view _ahu.activity is
    'Sessions of the whole server, with the alias of pgbouncer through which they come: for '
    'ahu.connections and ahu.long_running_queries.';
comment on column _ahu.activity.pid is
    'Its process.';
comment on column _ahu.activity.database_name is
    'The database; null: none.';
comment on column _ahu.activity.role_name is
    'The role that logged in; null: one of the server''s own processes.';
comment on column _ahu.activity.alias is
    'The alias; null: not through one of ours, or the client has set application_name after it '
    'had logged in.';
comment on column _ahu.activity.application_name is
    'What the client calls itself, in 63 bytes.';
comment on column _ahu.activity.client_addr is
    'Address of the client, or of pgbouncer; null: a Unix socket, none, or not to be seen.';
comment on column _ahu.activity.state is
    'As pg_stat_activity says it; null: it has none, or is not to be seen.';
comment on column _ahu.activity.state_since is
    'Since when it has been in that state; null: as for state.';
comment on column _ahu.activity.started_at is
    'When its transaction began; null: as for state.';
comment on column _ahu.activity.waits_for is
    'What it waits for while it is active; null: for nothing, or not to be seen.';
comment on column _ahu.activity.query is
    'Text of its query, or of the last one.';
comment on column _ahu.activity.is_client is
    'Whether it counts as a connection.';
comment on column _ahu.activity.is_helper is
    'Whether it works for another session or for the server; null: not to be seen.';

revoke all on table _ahu.activity from public;
