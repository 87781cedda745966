-- Writes down what the rollups are made from. When the measures change, all readings are to be
-- marked as pending again: the stored summaries were made from other columns.
insert into _ahu.source as s (
    table_schema,
    table_name,
    time_column,
    ahu_column,
    time_zone,
    measures
)
select
    n.table_schema,
    n.table_name,
    n.time_column,
    n.ahu_column,
    n.time_zone,
    n.measures
from _ahu.site() as n
on conflict (only_row) do update
set
    table_schema = excluded.table_schema,
    table_name = excluded.table_name,
    time_column = excluded.time_column,
    ahu_column = excluded.ahu_column,
    time_zone = excluded.time_zone,
    measures = excluded.measures,
    backfill_marked_at = case when s.measures = excluded.measures then s.backfill_marked_at end
where (
    s.table_schema,
    s.table_name,
    s.time_column,
    s.ahu_column,
    s.time_zone,
    s.measures
) is distinct from (
    excluded.table_schema,
    excluded.table_name,
    excluded.time_column,
    excluded.ahu_column,
    excluded.time_zone,
    excluded.measures
);
