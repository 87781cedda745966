-- The days that there are to verify: for `ahu-sql verify`, when nobody names any.
create or replace function _ahu.whole_extent(out oldest_day date, out newest_day date)
volatile
set search_path = pg_catalog, pg_temp
language plpgsql
as $whole_extent$
begin
    call _ahu.require_filled();

    -- Ours first and then the raw table, as ahu.verify_dashboard_views does.
    perform
    from _ahu.daily_summary as d
    cross join _ahu.monthly_summary as m
    limit 0;
    call _ahu.hold_readings(null, null);

    select
        least(r.oldest_day, d.oldest_day, m.oldest_month),
        greatest(r.newest_day, d.newest_day, m.newest_month)
    into oldest_day, newest_day
    from _ahu.raw_extent() as r
    cross join (
        select
            min(s.day) as oldest_day,
            max(s.day) as newest_day
        from _ahu.daily_summary as s
    ) as d
    cross join (
        select
            min(s.month) as oldest_month,
            max(s.month) as newest_month
        from _ahu.monthly_summary as s
    ) as m;
end
$whole_extent$;

comment on function _ahu.whole_extent() is
    'Oldest and newest day that the raw table or the rollups in force know, a month counting as '
    'its first day; null: they are all empty. Error 55000: the views were never filled.';

revoke all on function _ahu.whole_extent() from public;
