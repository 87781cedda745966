-- How far the views reach: for ahu.freshness, which must answer even where a materialized view of
-- the strategy native was never filled and cannot be asked.
create or replace function _ahu.extent(out newest_day date, out newest_reading timestamptz)
stable
-- Whoever reads ahu.freshness may ask.
security definer
set search_path = pg_catalog, pg_temp
language plpgsql
as $extent$
begin
    select
        max(d.day),
        max(d.newest_reading)
    into newest_day, newest_reading
    from _ahu.daily_summary as d
    where d.day = (select max(l.day) from _ahu.daily_summary as l);
exception
    when object_not_in_prerequisite_state then
        return;
end
$extent$;

comment on function _ahu.extent() is
    'Newest day and newest reading of the rollup in force; null: it is empty.';

revoke all on function _ahu.extent() from public;
grant execute on function _ahu.extent() to ahu_read, pg_monitor;
