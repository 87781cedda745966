-- The AHUs whose row of a month is not the sum of the stored days, and why. Called by
-- ahu.verify_dashboard_views. A refresh writes days and months together, so that neither needs to
-- wait for the other: one statement sees both, and the log. Volatile, so that this statement takes
-- its snapshot once it has its locks.
create or replace function _ahu.differing_months(month date)
returns table (
    ahu_id text,
    reason text,
    stored_readings bigint,
    summed_readings bigint,
    measures text[]
)
volatile
set search_path = pg_catalog, pg_temp
language plpgsql
as $differing_months$
#variable_conflict use_column
declare
    c_last_day constant date := (differing_months.month + interval '1 month')::date - 1;
begin
    return query
    with summed as (
        select
            d.ahu_id,
            sum(d.readings)::bigint as readings,
            sum(d.steam_cost) as steam_cost,
            sum(d.cold_water_cost) as cold_water_cost,
            sum(d.electricity_cost) as electricity_cost
        from _ahu.daily_summary as d
        where d.day between differing_months.month and c_last_day
        group by d.ahu_id
    ),
    stored as (
        select
            m.ahu_id,
            m.readings,
            m.steam_cost,
            m.cold_water_cost,
            m.electricity_cost
        from _ahu.monthly_summary as m
        where m.month = differing_months.month
    ),
    compared as (
        select
            coalesce(m.ahu_id, d.ahu_id) as ahu_id,
            coalesce(m.readings, 0) as stored_readings,
            coalesce(d.readings, 0) as summed_readings,
            array_remove(
                array[
                    case when m.readings is distinct from d.readings
                        then 'readings' end,
                    case when m.steam_cost is distinct from d.steam_cost
                        then 'steam_cost' end,
                    case when m.cold_water_cost is distinct from d.cold_water_cost
                        then 'cold_water_cost' end,
                    case when m.electricity_cost is distinct from d.electricity_cost
                        then 'electricity_cost' end
                ],
                null
            ) as measures
        from stored as m
        full join summed as d
            on d.ahu_id = m.ahu_id
    ),
    -- What the log names such that _ahu.fold_days has the month summed up again, even where the
    -- days come out the same; an AHU that is null: every AHU.
    pending as (
        select distinct
            a.ahu_id
        from _ahu.pending_changes as p
        left join lateral unnest(p.ahu_ids) as a (ahu_id)
            on true
        where p.day between differing_months.month and c_last_day
            and p.reason in ('mark_changed', 'backfill')
    )
    select
        c.ahu_id,
        case
            when s.backfill_marked_at is null
                or s.strategy = 'native'
                or exists (
                    select
                    from pending as p
                    where p.ahu_id = c.ahu_id
                        or p.ahu_id is null
                )
            then 'pending'
            else 'tracking bypassed'
        end as reason,
        c.stored_readings,
        c.summed_readings,
        c.measures
    from compared as c
    cross join _ahu.source as s
    where c.measures <> '{}'
    order by c.ahu_id;
end
$differing_months$;

comment on function _ahu.differing_months(date) is
    'The AHUs whose row of the month that begins on the given day is not the sum of the stored '
    'days, with what differs and the reason: see ahu.verify_dashboard_views.';

revoke all on function _ahu.differing_months(date) from public;
