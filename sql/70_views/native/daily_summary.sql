-- The daily rollup in force: what the public views read, whatever the strategy. Those and what
-- others have built on them stay as they are when the strategy is switched; only this view changes.
-- Both summaries at once: a reader's transaction that has read the monthly one, and comes to the
-- daily one while we hold that, is then never the one that is told of a deadlock.
alter view if exists _ahu.daily_summary owner to ahu_owner;
alter view if exists _ahu.monthly_summary owner to ahu_owner;

create or replace view _ahu.daily_summary as
select
    d.day,
    d.ahu_id,
    d.readings,
    d.newest_reading,
    d.steam_cost,
    d.cold_water_cost,
    d.electricity_cost,
    d.total_cost,
    d.hcv_kwh,
    d.dh_hcv_kwh,
    d.ccv_kwh,
    d.pc_ccv_kwh,
    d.electricity_kwh
from _ahu.daily_native as d;

comment on view _ahu.daily_summary is
    'The daily rollup in force, of the strategy native: see _ahu.daily_native.';
comment on column _ahu.daily_summary.day is
    'The day, a calendar date in the site''s time zone (23, 24 or 25 hours long).';
comment on column _ahu.daily_summary.ahu_id is
    'The air handling unit.';
comment on column _ahu.daily_summary.readings is
    'How many readings the row sums up.';
comment on column _ahu.daily_summary.newest_reading is
    'Time of the newest of them.';
comment on column _ahu.daily_summary.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_summary.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_summary.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_summary.total_cost is
    'Sum of those of the three costs that are known; null: none is.';
comment on column _ahu.daily_summary.hcv_kwh is
    'Heat of the heating coil (HCV), kWh; null: unknown.';
comment on column _ahu.daily_summary.dh_hcv_kwh is
    'Heat of the dry dehumidifier''s heating coil (DH_HCV), kWh; null: unknown or no such coil.';
comment on column _ahu.daily_summary.ccv_kwh is
    'Cold of the cooling coil (CCV), kWh; null: unknown.';
comment on column _ahu.daily_summary.pc_ccv_kwh is
    'Cold of the pre-cooling coil (PC_CCV), kWh; null: unknown or no such coil.';
comment on column _ahu.daily_summary.electricity_kwh is
    'Electricity, kWh; null: unknown.';

revoke all on table _ahu.daily_summary from public;
