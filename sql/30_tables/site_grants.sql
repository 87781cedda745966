-- Grants that we gave on objects of the site, so that they can be taken back exactly. A grant that
-- was there before us is not in here, and stays.
create table if not exists _ahu.site_grants (
    object_type text not null check (object_type in ('database', 'schema', 'table', 'sequence')),
    object_name text not null,
    privilege text not null,
    grantee text not null,
    granted_at timestamptz not null default pg_catalog.clock_timestamp(),
    primary key (object_type, object_name, privilege, grantee)
);

comment on table _ahu.site_grants is
    'Privileges that ahu-sql granted on objects that are not its own; uninstall revokes them.';
comment on column _ahu.site_grants.object_type is
    'database, schema, table or sequence.';
comment on column _ahu.site_grants.object_name is
    'The object, quoted and qualified as SQL wants it.';
comment on column _ahu.site_grants.privilege is
    'The privilege, such as select.';
comment on column _ahu.site_grants.grantee is
    'The role that received it.';
comment on column _ahu.site_grants.granted_at is
    'When it was granted.';

revoke all on table _ahu.site_grants from public;
