-- The keys of some days whose stored summary differs from raw, and why. Called by
-- ahu.verify_dashboard_views, while writers and refreshers go on: one statement sees raw, the log
-- and what is stored as of one instant, and at each instant a change that is committed is either
-- folded or in the log. It comes after the readings are held, as in _ahu.fold, and takes its
-- snapshot once it has its locks: that is why this function is volatile and not stable.
create or replace function _ahu.differing_days(from_day date, until_day date)
returns table (
    day date,
    ahu_id text,
    reason text,
    stored_readings bigint,
    raw_readings bigint,
    measures text[]
)
volatile
set search_path = pg_catalog, pg_temp
language plpgsql
as $differing_days$
#variable_conflict use_column
begin
    call _ahu.hold_readings(differing_days.from_day, differing_days.until_day);

    return query
    with raw as (
        select
            s.day,
            s.ahu_id,
            s.readings,
            s.newest_reading,
            s.steam_cost,
            s.cold_water_cost,
            s.electricity_cost,
            s.hcv_kwh,
            s.dh_hcv_kwh,
            s.ccv_kwh,
            s.pc_ccv_kwh,
            s.electricity_kwh
        from _ahu.day_span(differing_days.from_day, differing_days.until_day) as t
        cross join lateral _ahu.summarise_readings(t.from_time, t.until_time, null) as s
        where s.day between differing_days.from_day and differing_days.until_day
    ),
    stored as (
        select
            d.day,
            d.ahu_id,
            d.readings,
            d.newest_reading,
            d.steam_cost,
            d.cold_water_cost,
            d.electricity_cost,
            d.hcv_kwh,
            d.dh_hcv_kwh,
            d.ccv_kwh,
            d.pc_ccv_kwh,
            d.electricity_kwh
        from _ahu.daily_summary as d
        where d.day between differing_days.from_day and differing_days.until_day
    ),
    compared as (
        select
            coalesce(s.day, r.day) as day,
            coalesce(s.ahu_id, r.ahu_id) as ahu_id,
            coalesce(s.readings, 0) as stored_readings,
            coalesce(r.readings, 0) as raw_readings,
            array_remove(
                array[
                    case when s.readings is distinct from r.readings
                        then 'readings' end,
                    case when s.newest_reading is distinct from r.newest_reading
                        then 'newest_reading' end,
                    case when s.steam_cost is distinct from r.steam_cost
                        then 'steam_cost' end,
                    case when s.cold_water_cost is distinct from r.cold_water_cost
                        then 'cold_water_cost' end,
                    case when s.electricity_cost is distinct from r.electricity_cost
                        then 'electricity_cost' end,
                    case when s.hcv_kwh is distinct from r.hcv_kwh
                        then 'hcv_kwh' end,
                    case when s.dh_hcv_kwh is distinct from r.dh_hcv_kwh
                        then 'dh_hcv_kwh' end,
                    case when s.ccv_kwh is distinct from r.ccv_kwh
                        then 'ccv_kwh' end,
                    case when s.pc_ccv_kwh is distinct from r.pc_ccv_kwh
                        then 'pc_ccv_kwh' end,
                    case when s.electricity_kwh is distinct from r.electricity_kwh
                        then 'electricity_kwh' end
                ],
                null
            ) as measures,
            coalesce(k.readings, 0) as retained_readings,
            -- The stored summary is what raw has and what is retained beside it, and nothing else.
            (
                s.readings,
                s.newest_reading,
                s.steam_cost,
                s.cold_water_cost,
                s.electricity_cost,
                s.hcv_kwh,
                s.dh_hcv_kwh,
                s.ccv_kwh,
                s.pc_ccv_kwh,
                s.electricity_kwh
            ) is not distinct from (
                coalesce(r.readings, 0) + k.readings,
                greatest(r.newest_reading, k.newest_reading),
                coalesce(r.steam_cost + k.steam_cost, r.steam_cost, k.steam_cost),
                coalesce(
                    r.cold_water_cost + k.cold_water_cost, r.cold_water_cost, k.cold_water_cost
                ),
                coalesce(
                    r.electricity_cost + k.electricity_cost, r.electricity_cost, k.electricity_cost
                ),
                coalesce(r.hcv_kwh + k.hcv_kwh, r.hcv_kwh, k.hcv_kwh),
                coalesce(r.dh_hcv_kwh + k.dh_hcv_kwh, r.dh_hcv_kwh, k.dh_hcv_kwh),
                coalesce(r.ccv_kwh + k.ccv_kwh, r.ccv_kwh, k.ccv_kwh),
                coalesce(r.pc_ccv_kwh + k.pc_ccv_kwh, r.pc_ccv_kwh, k.pc_ccv_kwh),
                coalesce(
                    r.electricity_kwh + k.electricity_kwh, r.electricity_kwh, k.electricity_kwh
                )
            ) as is_retained
        from stored as s
        full join raw as r
            on r.day = s.day
            and r.ahu_id = s.ahu_id
        left join _ahu.retained_summary as k
            on k.day = coalesce(s.day, r.day)
            and k.ahu_id = coalesce(s.ahu_id, r.ahu_id)
    ),
    -- What the log names; an AHU that is null: every AHU of the day.
    pending as (
        select distinct
            p.day,
            a.ahu_id
        from _ahu.pending_changes as p
        left join lateral unnest(p.ahu_ids) as a (ahu_id)
            on true
        where p.day between differing_days.from_day and differing_days.until_day
    ),
    -- From when on the next refresh folds every day, whatever the log says; null: it does not.
    site as (
        select
            case
                -- All of raw is folded by the backfill, which is not in the log yet; native rollups
                -- are computed as a whole.
                when s.backfill_marked_at is null or s.strategy = 'native'
                then '-infinity'::date
                when s.tracking = 'lookback'
                then coalesce(_ahu.lookback_from_day(clock_timestamp()), '-infinity'::date)
            end as pending_from_day
        from _ahu.source as s
    )
    select
        c.day,
        c.ahu_id,
        case
            when c.day >= n.pending_from_day or p.day is not null or e.day is not null
            then 'pending'
            when q.day is not null
            then 'quarantined'
            when c.raw_readings + c.retained_readings < c.stored_readings or c.is_retained
            then 'raw dropped'
            else 'tracking bypassed'
        end as reason,
        c.stored_readings,
        c.raw_readings,
        c.measures
    from compared as c
    cross join site as n
    left join pending as p
        on p.day = c.day
        and p.ahu_id = c.ahu_id
    left join pending as e
        on e.day = c.day
        and e.ahu_id is null
    left join _ahu.quarantine as q
        on q.day = c.day
        and q.ahu_id = c.ahu_id
    where c.measures <> '{}'
    order by
        c.day,
        c.ahu_id;
end
$differing_days$;

comment on function _ahu.differing_days(date, date) is
    'The keys of the days from_day to until_day whose stored summary differs from raw, with what '
    'differs and the reason: see ahu.verify_dashboard_views.';

revoke all on function _ahu.differing_days(date, date) from public;
