-- The daily rollup: one row per key. Written by _ahu.fold_days alone.
create table if not exists _ahu.daily_rollup (
    day date not null,
    ahu_id text not null,
    readings bigint not null check (readings > 0),
    newest_reading timestamptz not null,
    steam_cost numeric,
    cold_water_cost numeric,
    electricity_cost numeric,
    total_cost numeric generated always as (
        case
            when pg_catalog.num_nonnulls(steam_cost, cold_water_cost, electricity_cost) > 0
            then coalesce(steam_cost, 0) + coalesce(cold_water_cost, 0)
                + coalesce(electricity_cost, 0)
        end
    ) stored,
    hcv_kwh numeric,
    dh_hcv_kwh numeric,
    ccv_kwh numeric,
    pc_ccv_kwh numeric,
    electricity_kwh numeric,
    raw_parts bigint,
    primary key (day, ahu_id)
)
with (
    -- Today's rows are rewritten with each batch: leave room, so that no index has to be touched.
    fillfactor = 70
);

-- One AHU over years, for dashboards.
create index if not exists daily_rollup_ahu_id_day_idx on _ahu.daily_rollup (ahu_id, day);

comment on table _ahu.daily_rollup is
    'Exact sums of the readings of one AHU on one day.';
comment on column _ahu.daily_rollup.day is
    'The day, a calendar date in the site''s time zone (23, 24 or 25 hours long).';
comment on column _ahu.daily_rollup.ahu_id is
    'The air handling unit.';
comment on column _ahu.daily_rollup.readings is
    'How many readings the row sums up.';
comment on column _ahu.daily_rollup.newest_reading is
    'Time of the newest of them.';
comment on column _ahu.daily_rollup.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_rollup.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_rollup.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_rollup.total_cost is
    'Sum of those of the three costs that are known; null: none is.';
comment on column _ahu.daily_rollup.hcv_kwh is
    'Heat of the heating coil (HCV), kWh; null: unknown.';
comment on column _ahu.daily_rollup.dh_hcv_kwh is
    'Heat of the dry dehumidifier''s heating coil (DH_HCV), kWh; null: unknown or no such coil.';
comment on column _ahu.daily_rollup.ccv_kwh is
    'Cold of the cooling coil (CCV), kWh; null: unknown.';
comment on column _ahu.daily_rollup.pc_ccv_kwh is
    'Cold of the pre-cooling coil (PC_CCV), kWh; null: unknown or no such coil.';
comment on column _ahu.daily_rollup.electricity_kwh is
    'Electricity, kWh; null: unknown.';
comment on column _ahu.daily_rollup.raw_parts is
    'What the raw table consisted of when the row was last written (see _ahu.raw_state); null: '
    'unknown, and the key is recomputed at its next change.';

revoke all on table _ahu.daily_rollup from public;
