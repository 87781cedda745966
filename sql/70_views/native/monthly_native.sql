-- The monthly rollup of the strategy native, summed up from the daily one.
create materialized view if not exists _ahu.monthly_native as
select
    s.month,
    s.ahu_id,
    s.readings,
    s.steam_cost,
    s.cold_water_cost,
    s.electricity_cost,
    case
        when pg_catalog.num_nonnulls(s.steam_cost, s.cold_water_cost, s.electricity_cost) > 0
        then coalesce(s.steam_cost, 0) + coalesce(s.cold_water_cost, 0)
            + coalesce(s.electricity_cost, 0)
    end as total_cost
from (
    select
        pg_catalog.date_trunc('month', d.day::timestamp)::date as month,
        d.ahu_id,
        sum(d.readings)::bigint as readings,
        sum(d.steam_cost) as steam_cost,
        sum(d.cold_water_cost) as cold_water_cost,
        sum(d.electricity_cost) as electricity_cost
    from _ahu.daily_native as d
    group by
        1,
        d.ahu_id
) as s
with no data;

-- For REFRESH ... CONCURRENTLY.
create unique index if not exists monthly_native_key on _ahu.monthly_native (month, ahu_id);

comment on materialized view _ahu.monthly_native is
    'Exact sums of the readings of one AHU in one month, as of the last refresh.';
comment on column _ahu.monthly_native.month is
    'First day of the month, in the site''s time zone.';
comment on column _ahu.monthly_native.ahu_id is
    'The air handling unit.';
comment on column _ahu.monthly_native.readings is
    'How many readings the row sums up.';
comment on column _ahu.monthly_native.steam_cost is
    'Cost of steam, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_native.cold_water_cost is
    'Cost of cold water, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_native.electricity_cost is
    'Cost of electricity, in the currency of the raw table; null: unknown.';
comment on column _ahu.monthly_native.total_cost is
    'Sum of those of the three costs that are known; null: none is.';

revoke all on table _ahu.monthly_native from public;

call _ahu.fill_native();
