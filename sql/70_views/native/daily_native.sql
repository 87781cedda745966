-- The daily rollup of the strategy native: all of history, by the one definition of the aggregate,
-- whose grouping leaves no key twice and none null. Filled at once where ahu_owner may read the raw
-- table already, that is when an installed site is switched: before any reader has to wait for us.
create materialized view if not exists _ahu.daily_native as
select
    s.day,
    s.ahu_id,
    s.readings,
    s.newest_reading,
    s.steam_cost,
    s.cold_water_cost,
    s.electricity_cost,
    case
        when pg_catalog.num_nonnulls(s.steam_cost, s.cold_water_cost, s.electricity_cost) > 0
        then coalesce(s.steam_cost, 0) + coalesce(s.cold_water_cost, 0)
            + coalesce(s.electricity_cost, 0)
    end as total_cost,
    s.hcv_kwh,
    s.dh_hcv_kwh,
    s.ccv_kwh,
    s.pc_ccv_kwh,
    s.electricity_kwh
from _ahu.day_span('0001-01-02', '9999-12-29') as t
cross join lateral _ahu.summarise_readings(t.from_time, t.until_time, null) as s
with no data;

-- For REFRESH ... CONCURRENTLY.
create unique index if not exists daily_native_key on _ahu.daily_native (day, ahu_id);

-- One AHU over years, for dashboards.
create index if not exists daily_native_ahu_id_day_idx on _ahu.daily_native (ahu_id, day);

comment on materialized view _ahu.daily_native is
    'Exact sums of the readings of one AHU on one day, as of the last refresh.';
comment on column _ahu.daily_native.day is
    'The day, a calendar date in the site''s time zone.';
comment on column _ahu.daily_native.ahu_id is
    'The air handling unit.';
comment on column _ahu.daily_native.readings is
    'How many readings the row sums up.';
comment on column _ahu.daily_native.newest_reading is
    'Time of the newest of them.';
comment on column _ahu.daily_native.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_native.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_native.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column _ahu.daily_native.total_cost is
    'Sum of those of the three costs that are known; null: none is.';
comment on column _ahu.daily_native.hcv_kwh is
    'Heat of the heating coil (HCV), kWh; null: unknown.';
comment on column _ahu.daily_native.dh_hcv_kwh is
    'Heat of the dry dehumidifier''s heating coil (DH_HCV), kWh; null: unknown or no such coil.';
comment on column _ahu.daily_native.ccv_kwh is
    'Cold of the cooling coil (CCV), kWh; null: unknown.';
comment on column _ahu.daily_native.pc_ccv_kwh is
    'Cold of the pre-cooling coil (PC_CCV), kWh; null: unknown or no such coil.';
comment on column _ahu.daily_native.electricity_kwh is
    'Electricity, kWh; null: unknown.';

revoke all on table _ahu.daily_native from public;

call _ahu.fill_native();
