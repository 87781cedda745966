-- What the rollups are made from. One row, written by 90_finish/describe_source.sql.
create table if not exists _ahu.source (
    only_row boolean primary key default true check (only_row),
    table_schema text not null,
    table_name text not null,
    time_column text not null,
    ahu_column text not null,
    time_zone text not null,
    measures jsonb not null,
    backfill_marked_at timestamptz
);

comment on table _ahu.source is
    'The raw table of this site, one row.';
comment on column _ahu.source.only_row is
    'Always true: the table holds one row.';
comment on column _ahu.source.table_schema is
    'Schema of the raw table.';
comment on column _ahu.source.table_name is
    'Name of the raw table.';
comment on column _ahu.source.time_column is
    'Column of the raw table that holds a reading''s time.';
comment on column _ahu.source.ahu_column is
    'Column of the raw table that names the AHU.';
comment on column _ahu.source.time_zone is
    'IANA name of the site''s time zone: a day is a calendar date there.';
comment on column _ahu.source.measures is
    'Which columns of the raw table each measure adds up.';
comment on column _ahu.source.backfill_marked_at is
    'When all readings that were there before the triggers were marked as pending; null: not yet.';

revoke all on table _ahu.source from public;
