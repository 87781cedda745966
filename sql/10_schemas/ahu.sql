-- What we promise: views, procedures and settings for dashboards, the ETL and DBAs.
create schema if not exists ahu;

comment on schema ahu is
    'Rollups of AHU energy readings: what dashboards read, what the ETL calls, what a DBA sets.';

revoke all on schema ahu from public;
-- PostgreSQL's own role for who watches: the views of 75_monitoring are granted to it.
grant usage on schema ahu to pg_monitor;
