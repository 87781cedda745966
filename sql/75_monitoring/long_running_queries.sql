-- What has been running in this database for longer than a DBA wants. What counts is the
-- transaction, a lone query being one too: it holds its locks, and keeps the log of pending changes
-- from being cleaned up, for as long as it is open, whatever it does in between.
create or replace view ahu.long_running_queries as
select
    a.pid,
    a.role_name,
    a.alias,
    a.application_name,
    a.client_addr,
    a.state,
    a.state_since,
    a.started_at,
    pg_catalog.clock_timestamp() - a.started_at as running_for,
    a.waits_for,
    nullif(pg_catalog.pg_blocking_pids(a.pid), '{}') as blocked_by,
    a.query
from _ahu.activity as a
where a.database_name = pg_catalog.current_database()
    and a.pid <> pg_catalog.pg_backend_pid()
    and a.state <> 'idle'
    and not a.is_helper
    and pg_catalog.clock_timestamp() - a.started_at > coalesce(
        -- Somebody may have deleted the settings: then the default is in force.
        (select t.long_running_after from ahu.settings as t), interval '1 minute'
    );

comment on view ahu.long_running_queries is
    'Transactions in this database that have been running for longer than '
    'ahu.settings.long_running_after, lone queries among them, the reader''s own left out. Members '
    'of pg_monitor see everybody''s; who else is granted the view sees those of its own role.';
comment on column ahu.long_running_queries.pid is
    'Process of the session: select pg_cancel_backend(pid) ends its query, '
    'pg_terminate_backend(pid) its transaction.';
comment on column ahu.long_running_queries.role_name is
    'The role that logged in, or as which a background job runs.';
comment on column ahu.long_running_queries.alias is
    'The alias of pgbouncer through which it comes; null: not through an alias of ours, or the '
    'client has set application_name after it had logged in.';
comment on column ahu.long_running_queries.application_name is
    'What the client calls itself, with its address where it comes through pgbouncer, in 63 bytes.';
comment on column ahu.long_running_queries.client_addr is
    'Address of the client, or of pgbouncer; null: by a Unix socket, or a background job.';
comment on column ahu.long_running_queries.state is
    'active; or idle in transaction: the client holds its transaction open and does nothing.';
comment on column ahu.long_running_queries.state_since is
    'Since when: when the query began, or the last one ended.';
comment on column ahu.long_running_queries.started_at is
    'When the transaction began.';
comment on column ahu.long_running_queries.running_for is
    'How long ago that is.';
comment on column ahu.long_running_queries.waits_for is
    'What an active query waits for, as pg_stat_activity says it; null: for nothing.';
comment on column ahu.long_running_queries.blocked_by is
    'Processes whose locks it waits for, 0: a prepared transaction; null: none.';
comment on column ahu.long_running_queries.query is
    'Text of the query; of an open transaction that does nothing, of the last one.';

revoke all on table ahu.long_running_queries from public;
grant select on table ahu.long_running_queries to pg_monitor;
