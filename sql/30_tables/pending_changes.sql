-- The log of pending changes: written by the triggers of the raw table in the writer's own
-- transaction, emptied by the refresh. Append-only, never unique, never upserted: a unique log with
-- ON CONFLICT DO NOTHING loses a change that commits while its key is being refreshed, and makes
-- writers wait for each other. No index either: it is short, and each index would be paid by the
-- ETL.
create table if not exists _ahu.pending_changes (
    day date not null check (pg_catalog.isfinite(day)),
    ahu_ids text[] check (pg_catalog.cardinality(ahu_ids) > 0),
    net_readings bigint[],
    trust_raw boolean not null default false,
    reason text not null
        check (
            reason in (
                'insert', 'update', 'delete', 'truncate', 'mark_changed', 'backfill', 'lookback'
            )
        ),
    logged_at timestamptz not null default pg_catalog.now(),
    check (
        net_readings is null
        or ahu_ids is not null
            and pg_catalog.cardinality(net_readings) = pg_catalog.cardinality(ahu_ids)
    )
)
with (
    -- Rows live for one refresh: clean up by number, not by a share of a table that is mostly
    -- empty.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000
);

-- The refresh deletes from this table: without a replica identity that would fail under a
-- publication FOR ALL TABLES, and a key would be one more index for the ETL to keep.
alter table _ahu.pending_changes replica identity full;

comment on table _ahu.pending_changes is
    'Keys whose readings changed since the last refresh: one row per statement and day.';
comment on column _ahu.pending_changes.day is
    'The day, a calendar date in the site''s time zone.';
comment on column _ahu.pending_changes.ahu_ids is
    'The AHUs; null: every AHU of that day.';
comment on column _ahu.pending_changes.net_readings is
    'For each of ahu_ids, how many readings the key gained or, negative, lost; null: not counted.';
comment on column _ahu.pending_changes.trust_raw is
    'True: the raw table is the truth for these keys, even where it has fewer readings than '
    'before.';
comment on column _ahu.pending_changes.reason is
    'What marked them: insert, update, delete, truncate, mark_changed, backfill or lookback.';
comment on column _ahu.pending_changes.logged_at is
    'Start of the transaction that changed them; of lookback, when they were marked.';

revoke all on table _ahu.pending_changes from public;
