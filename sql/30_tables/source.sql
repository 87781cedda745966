-- What the rollups are made from. One row, written by 90_finish/describe_source.sql.
create table if not exists _ahu.source (
    only_row boolean primary key default true check (only_row),
    table_schema text not null,
    table_name text not null,
    time_column text not null,
    ahu_column text not null,
    time_zone text not null,
    layout text not null check (layout in ('wide', 'long')),
    metric_column text,
    value_column text,
    unit_column text,
    measures jsonb not null,
    strategy text not null check (strategy in ('incremental', 'native')),
    tracking text not null check (tracking in ('triggers', 'lookback')),
    lookback_days integer not null check (lookback_days > 0),
    backfill_marked_at timestamptz,
    scheduled_by text
);

comment on table _ahu.source is
    'The raw table of this site and how its rollups are kept up to date, one row.';
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
comment on column _ahu.source.layout is
    'wide: a column per measured value; long: a row per measured value.';
comment on column _ahu.source.metric_column is
    'Column that names the measured value; null: the layout is wide.';
comment on column _ahu.source.value_column is
    'Column that holds the measured value; null: the layout is wide.';
comment on column _ahu.source.unit_column is
    'Column that holds the value''s unit; null: the layout is wide, or there is none.';
comment on column _ahu.source.measures is
    'Which columns of the raw table, or which metrics, each measure adds up.';
comment on column _ahu.source.strategy is
    'incremental: rollups in tables, key by key; native: in materialized views.';
comment on column _ahu.source.tracking is
    'triggers: the raw table''s triggers log what changes; lookback: each refresh folds the last '
    'days again. Without meaning under the strategy native.';
comment on column _ahu.source.lookback_days is
    'How many days each refresh folds again under lookback.';
comment on column _ahu.source.backfill_marked_at is
    'When all readings that were there before were marked as pending; null: not yet.';
comment on column _ahu.source.scheduled_by is
    'The role that had the refresh called by a job scheduler; null: nobody has.';

revoke all on table _ahu.source from public;
