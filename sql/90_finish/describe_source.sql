-- Writes down what the rollups are made from and how they are kept. When what is added up changes,
-- all readings are to be marked as pending again: the stored summaries were made from something
-- else. A native rollup that has just been filled has nothing left to mark.
insert into _ahu.source as s (
    table_schema,
    table_name,
    time_column,
    ahu_column,
    time_zone,
    layout,
    metric_column,
    value_column,
    unit_column,
    measures,
    strategy,
    tracking,
    lookback_days,
    backfill_marked_at
)
select
    n.table_schema,
    n.table_name,
    n.time_column,
    n.ahu_column,
    n.time_zone,
    n.layout,
    n.metric_column,
    n.value_column,
    n.unit_column,
    n.measures,
    n.strategy,
    n.tracking,
    n.lookback_days,
    case when n.strategy = 'native' then pg_catalog.now() end
from _ahu.site() as n
on conflict (only_row) do update
set
    table_schema = excluded.table_schema,
    table_name = excluded.table_name,
    time_column = excluded.time_column,
    ahu_column = excluded.ahu_column,
    time_zone = excluded.time_zone,
    layout = excluded.layout,
    metric_column = excluded.metric_column,
    value_column = excluded.value_column,
    unit_column = excluded.unit_column,
    measures = excluded.measures,
    strategy = excluded.strategy,
    tracking = excluded.tracking,
    lookback_days = excluded.lookback_days,
    backfill_marked_at = case
        when s.strategy <> excluded.strategy
        then excluded.backfill_marked_at
        when (s.layout, s.metric_column, s.value_column, s.unit_column, s.measures)
            is not distinct from (
                excluded.layout,
                excluded.metric_column,
                excluded.value_column,
                excluded.unit_column,
                excluded.measures
            )
        then s.backfill_marked_at
    end
where (
    s.table_schema,
    s.table_name,
    s.time_column,
    s.ahu_column,
    s.time_zone,
    s.layout,
    s.metric_column,
    s.value_column,
    s.unit_column,
    s.measures,
    s.strategy,
    s.tracking,
    s.lookback_days
) is distinct from (
    excluded.table_schema,
    excluded.table_name,
    excluded.time_column,
    excluded.ahu_column,
    excluded.time_zone,
    excluded.layout,
    excluded.metric_column,
    excluded.value_column,
    excluded.unit_column,
    excluded.measures,
    excluded.strategy,
    excluded.tracking,
    excluded.lookback_days
);
