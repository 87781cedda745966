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
    summed_as bigint,
    newest_reading timestamptz,
    steam_cost numeric,
    cold_water_cost numeric,
    electricity_cost numeric,
    hcv_kwh numeric,
    dh_hcv_kwh numeric,
    ccv_kwh numeric,
    pc_ccv_kwh numeric,
    electricity_kwh numeric,
    check (
        net_readings is null
        or ahu_ids is not null
            and pg_catalog.cardinality(net_readings) = pg_catalog.cardinality(ahu_ids)
    ),
    constraint pending_changes_summed_as_check check (
        summed_as is null
        or reason = 'insert' and newest_reading is not null
            and pg_catalog.cardinality(ahu_ids) = 1
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
    'Keys whose readings changed since the last refresh: one row per statement and day, or, of '
    'small INSERTs, one per reading.';
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
comment on column _ahu.pending_changes.summed_as is
    'By which definition of the measures the reading that was inserted is told here; null: it is '
    'not, and the keys are recomputed.';
comment on column _ahu.pending_changes.newest_reading is
    'Time of the reading; null: it is not told.';
comment on column _ahu.pending_changes.steam_cost is
    'Its cost of steam, in the currency of the raw table; null: unknown, or not told.';
comment on column _ahu.pending_changes.cold_water_cost is
    'Its cost of cold water, in the currency of the raw table; null as for steam_cost.';
comment on column _ahu.pending_changes.electricity_cost is
    'Its cost of electricity, in the currency of the raw table; null as for steam_cost.';
comment on column _ahu.pending_changes.hcv_kwh is
    'Its heat of the heating coil (HCV), kWh; null as for steam_cost.';
comment on column _ahu.pending_changes.dh_hcv_kwh is
    'Its heat of the dry dehumidifier''s heating coil (DH_HCV), kWh; null as for steam_cost.';
comment on column _ahu.pending_changes.ccv_kwh is
    'Its cold of the cooling coil (CCV), kWh; null as for steam_cost.';
comment on column _ahu.pending_changes.pc_ccv_kwh is
    'Its cold of the pre-cooling coil (PC_CCV), kWh; null as for steam_cost.';
comment on column _ahu.pending_changes.electricity_kwh is
    'Its electricity, kWh; null as for steam_cost.';

revoke all on table _ahu.pending_changes from public;
