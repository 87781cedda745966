-- The monthly rollup in force: what the public view reads, whatever the strategy.
create or replace view _ahu.monthly_summary as
select
    m.month,
    m.ahu_id,
    m.readings,
    m.steam_cost,
    m.cold_water_cost,
    m.electricity_cost,
    m.total_cost
from _ahu.monthly_native as m;

comment on view _ahu.monthly_summary is
    'The monthly rollup in force, of the strategy native: see _ahu.monthly_native.';
comment on column _ahu.monthly_summary.month is
    'First day of the month, in the site''s time zone.';
comment on column _ahu.monthly_summary.ahu_id is
    'The air handling unit.';
comment on column _ahu.monthly_summary.readings is
    'How many readings the row sums up.';
comment on column _ahu.monthly_summary.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_summary.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_summary.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_summary.total_cost is
    'Sum of those of the three costs that are known; null: none is.';

revoke all on table _ahu.monthly_summary from public;
