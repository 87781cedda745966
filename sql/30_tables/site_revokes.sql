-- What we took from PUBLIC on functions that are not ours, so that it can be given back exactly. What
-- somebody else had taken before us is not in here, and is not given.
create table if not exists _ahu.site_revokes (
    function_name text primary key,
    revoked_at timestamptz not null default pg_catalog.clock_timestamp()
);

comment on table _ahu.site_revokes is
    'Functions of PostgreSQL''s own that ahu-sql closed to PUBLIC; uninstall opens them again.';
comment on column _ahu.site_revokes.function_name is
    'The function, qualified and with the types of its parameters.';
comment on column _ahu.site_revokes.revoked_at is
    'When the right to execute it was revoked from PUBLIC.';

revoke all on table _ahu.site_revokes from public;
