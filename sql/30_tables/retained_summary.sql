-- Summaries whose raw readings retention took, of keys to which raw readings came again that are
-- not among them: such a key is the sum of both. Written by ahu.resolve_quarantine(how => 'add');
-- forgotten by _ahu.fold_days where the operator says that raw is the truth.
create table if not exists _ahu.retained_summary (
    day date not null,
    ahu_id text not null,
    readings bigint not null check (readings > 0),
    newest_reading timestamptz not null,
    steam_cost numeric,
    cold_water_cost numeric,
    electricity_cost numeric,
    hcv_kwh numeric,
    dh_hcv_kwh numeric,
    ccv_kwh numeric,
    pc_ccv_kwh numeric,
    electricity_kwh numeric,
    resolved_by text not null default session_user,
    resolved_at timestamptz not null default pg_catalog.clock_timestamp(),
    primary key (day, ahu_id)
);

comment on table _ahu.retained_summary is
    'The part of a key''s summary whose raw readings are gone; what raw has now is added to it.';
comment on column _ahu.retained_summary.day is
    'The day, a calendar date in the site''s time zone.';
comment on column _ahu.retained_summary.ahu_id is
    'The air handling unit.';
comment on column _ahu.retained_summary.readings is
    'How many readings it sums up.';
comment on column _ahu.retained_summary.newest_reading is
    'Time of the newest of them.';
comment on column _ahu.retained_summary.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column _ahu.retained_summary.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column _ahu.retained_summary.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column _ahu.retained_summary.hcv_kwh is
    'Heat of the heating coil (HCV), kWh; null: unknown.';
comment on column _ahu.retained_summary.dh_hcv_kwh is
    'Heat of the dry dehumidifier''s heating coil (DH_HCV), kWh; null: unknown or no such coil.';
comment on column _ahu.retained_summary.ccv_kwh is
    'Cold of the cooling coil (CCV), kWh; null: unknown.';
comment on column _ahu.retained_summary.pc_ccv_kwh is
    'Cold of the pre-cooling coil (PC_CCV), kWh; null: unknown or no such coil.';
comment on column _ahu.retained_summary.electricity_kwh is
    'Electricity, kWh; null: unknown.';
comment on column _ahu.retained_summary.resolved_by is
    'The login role that resolved the quarantine.';
comment on column _ahu.retained_summary.resolved_at is
    'When that was.';

revoke all on table _ahu.retained_summary from public;
