-- Costs per AHU and month, for trend charts.
create or replace view ahu.mv_monthly_ahu_costs as
select
    m.month,
    m.ahu_id,
    m.steam_cost,
    m.cold_water_cost,
    m.electricity_cost,
    m.total_cost
from _ahu.monthly_summary as m;

comment on view ahu.mv_monthly_ahu_costs is
    'Costs of each AHU in each month that has readings of it, exactly as the raw readings add up '
    'at the last refresh.';
comment on column ahu.mv_monthly_ahu_costs.month is
    'First day of the month, in the site''s time zone.';
comment on column ahu.mv_monthly_ahu_costs.ahu_id is
    'The air handling unit.';
comment on column ahu.mv_monthly_ahu_costs.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column ahu.mv_monthly_ahu_costs.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column ahu.mv_monthly_ahu_costs.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column ahu.mv_monthly_ahu_costs.total_cost is
    'Sum of those of the three costs that are known; null: none is.';

revoke all on table ahu.mv_monthly_ahu_costs from public;
grant select on table ahu.mv_monthly_ahu_costs to ahu_read;
