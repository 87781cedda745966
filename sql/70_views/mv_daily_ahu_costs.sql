-- Costs per AHU and day, for dashboards.
create or replace view ahu.mv_daily_ahu_costs as
select
    d.day,
    d.ahu_id,
    d.steam_cost,
    d.cold_water_cost,
    d.electricity_cost,
    d.total_cost
from _ahu.daily_summary as d;

comment on view ahu.mv_daily_ahu_costs is
    'Costs of each AHU on each day that has readings of it, exactly as the raw readings add up at '
    'the last refresh.';
comment on column ahu.mv_daily_ahu_costs.day is
    'The day, a calendar date in the site''s time zone.';
comment on column ahu.mv_daily_ahu_costs.ahu_id is
    'The air handling unit.';
comment on column ahu.mv_daily_ahu_costs.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column ahu.mv_daily_ahu_costs.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column ahu.mv_daily_ahu_costs.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column ahu.mv_daily_ahu_costs.total_cost is
    'Sum of those of the three costs that are known; null: none is.';

revoke all on table ahu.mv_daily_ahu_costs from public;
grant select on table ahu.mv_daily_ahu_costs to ahu_read;
