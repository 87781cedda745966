-- What we do not promise: everything here may change with the next version.
create schema if not exists _ahu;

comment on schema _ahu is
    'Private parts of ahu-sql: rollup tables, the log of pending changes, helpers. No promises.';

revoke all on schema _ahu from public;
