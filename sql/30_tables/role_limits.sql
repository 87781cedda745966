-- What our login roles carried before we set their limits, so that uninstall can give it back.
create table if not exists _ahu.role_limits (
    role_name text not null,
    setting text not null,
    value_before text,
    changed_at timestamptz not null default pg_catalog.clock_timestamp(),
    primary key (role_name, setting)
);

comment on table _ahu.role_limits is
    'Limits of the login roles that ahu-sql set, and what was there before.';
comment on column _ahu.role_limits.role_name is
    'ahu_read, ahu_write or ahu_pgbouncer.';
comment on column _ahu.role_limits.setting is
    'A configuration parameter set for the role in this database, or: connection limit.';
comment on column _ahu.role_limits.value_before is
    'Its value before ahu-sql; null: it was not set.';
comment on column _ahu.role_limits.changed_at is
    'When ahu-sql set it.';

revoke all on table _ahu.role_limits from public;
