-- The monthly rollup, summed up from the daily one. Written by _ahu.fold_month, and by
-- _ahu.fold_days where something is only added.
create table if not exists _ahu.monthly_rollup (
    month date not null check (extract(day from month) = 1),
    ahu_id text not null,
    readings bigint not null check (readings > 0),
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
    primary key (month, ahu_id)
)
with (
    -- This month's rows are rewritten with each batch: leave room, so that no index is touched.
    fillfactor = 50
);

comment on table _ahu.monthly_rollup is
    'Exact sums of the readings of one AHU in one month.';
comment on column _ahu.monthly_rollup.month is
    'First day of the month, in the site''s time zone.';
comment on column _ahu.monthly_rollup.ahu_id is
    'The air handling unit.';
comment on column _ahu.monthly_rollup.readings is
    'How many readings the row sums up.';
comment on column _ahu.monthly_rollup.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_rollup.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_rollup.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_rollup.total_cost is
    'Sum of those of the three costs that are known; null: none is.';

revoke all on table _ahu.monthly_rollup from public;
