-- Energy per AHU and day by coil, for dashboards.
create or replace view ahu.mv_daily_ahu_kwh as
select
    d.day,
    d.ahu_id,
    d.hcv_kwh,
    d.dh_hcv_kwh,
    d.ccv_kwh,
    d.pc_ccv_kwh,
    d.electricity_kwh
from _ahu.daily_summary as d;

comment on view ahu.mv_daily_ahu_kwh is
    'Energy of each AHU by coil on each day that has readings of it, exactly as the raw readings '
    'add up at the last refresh.';
comment on column ahu.mv_daily_ahu_kwh.day is
    'The day, a calendar date in the site''s time zone.';
comment on column ahu.mv_daily_ahu_kwh.ahu_id is
    'The air handling unit.';
comment on column ahu.mv_daily_ahu_kwh.hcv_kwh is
    'Heat of the heating coil (HCV), kWh; null: unknown.';
comment on column ahu.mv_daily_ahu_kwh.dh_hcv_kwh is
    'Heat of the dry dehumidifier''s heating coil (DH_HCV), kWh; null: unknown or no such coil.';
comment on column ahu.mv_daily_ahu_kwh.ccv_kwh is
    'Cold of the cooling coil (CCV), kWh; null: unknown.';
comment on column ahu.mv_daily_ahu_kwh.pc_ccv_kwh is
    'Cold of the pre-cooling coil (PC_CCV), kWh; null: unknown or no such coil.';
comment on column ahu.mv_daily_ahu_kwh.electricity_kwh is
    'Electricity, kWh; null: unknown.';

revoke all on table ahu.mv_daily_ahu_kwh from public;
grant select on table ahu.mv_daily_ahu_kwh to ahu_read;
