-- Folds the pending changes of some days into the daily rollup, and what is only added to days into
-- the monthly one. Called by _ahu.fold, whose caller holds the refresh lock.
--
-- It is one statement on purpose. The log entries that are claimed, the raw readings and the stored
-- counts are then seen by one snapshot, so a deletion that commits meanwhile is either in both, log
-- and raw, or in neither: nothing can look as if it had vanished. Readings that come later bring
-- their own entry. If anything fails, the claim is undone with the rest.
create or replace function _ahu.fold_days(days date[])
returns table (
    month date,
    changed_ahu_ids text[],
    keys bigint,
    readings bigint,
    quarantined bigint
)
volatile
set search_path = pg_catalog, pg_temp
-- Whatever the days, one plan is right, and making it takes as long as all the rest.
set plan_cache_mode = force_generic_plan
language plpgsql
as $fold_days$
#variable_conflict use_column
begin
    return query
    with claimed as (
        delete from _ahu.pending_changes as p
        where p.day = any (fold_days.days)
        returning
            p.day,
            p.ahu_ids,
            p.net_readings,
            p.trust_raw,
            p.reason,
            p.summed_as,
            p.newest_reading,
            p.steam_cost,
            p.cold_water_cost,
            p.electricity_cost,
            p.hcv_kwh,
            p.dh_hcv_kwh,
            p.ccv_kwh,
            p.pc_ccv_kwh,
            p.electricity_kwh
    ),
    state as materialized (
        select s.summed_as, s.parts from _ahu.raw_state() as s
    ),
    -- What the log says of each key it names, and of each day that it names as a whole.
    claimed_key as (
        select
            c.day,
            a.ahu_id,
            coalesce(sum(a.net_readings), 0) as net_readings,
            bool_or(c.trust_raw) as trust_raw,
            bool_and(coalesce(c.summed_as = s.summed_as, false)) as is_summed,
            max(c.newest_reading) as newest_reading,
            sum(c.steam_cost) as steam_cost,
            sum(c.cold_water_cost) as cold_water_cost,
            sum(c.electricity_cost) as electricity_cost,
            sum(c.hcv_kwh) as hcv_kwh,
            sum(c.dh_hcv_kwh) as dh_hcv_kwh,
            sum(c.ccv_kwh) as ccv_kwh,
            sum(c.pc_ccv_kwh) as pc_ccv_kwh,
            sum(c.electricity_kwh) as electricity_kwh
        from claimed as c
        cross join state as s
        cross join lateral unnest(c.ahu_ids, c.net_readings) as a (ahu_id, net_readings)
        group by
            c.day,
            a.ahu_id
    ),
    claimed_day as (
        select
            c.day,
            bool_or(c.ahu_ids is null) as every_ahu,
            bool_or(c.ahu_ids is null and c.trust_raw) as trust_raw
        from claimed as c
        group by c.day
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
            d.electricity_kwh,
            d.raw_parts
        from _ahu.daily_rollup as d
        join claimed_day as c
            on c.day = d.day
        left join claimed_key as k
            on k.day = d.day
            and k.ahu_id = d.ahu_id
        where d.day = any (fold_days.days)
            and (c.every_ahu or k.ahu_id is not null)
    ),
    -- Keys that have gained readings and nothing else, whose sums the log has: these are added to
    -- the stored summary. Only where that is known to rest on the readings that raw has; and where
    -- its newest one is still there, and so are those that are to be added, each at its own time.
    addable as (
        select
            s.day,
            s.ahu_id,
            s.newest_reading
        from stored as s
        join state as t
            on t.parts = s.raw_parts
        join claimed_day as c
            on c.day = s.day
            and not c.every_ahu
        join claimed_key as k
            on k.day = s.day
            and k.ahu_id = s.ahu_id
            and k.is_summed
        where not exists (
                select from _ahu.quarantine as q where q.day = s.day and q.ahu_id = s.ahu_id
            )
            and not exists (
                select from _ahu.retained_summary as r where r.day = s.day and r.ahu_id = s.ahu_id
            )
    ),
    told as (
        select
            a.day,
            a.ahu_id,
            a.newest_reading as time
        from addable as a
        union all
        select
            c.day,
            c.ahu_ids[1],
            c.newest_reading
        from claimed as c
        join addable as a
            on a.day = c.day
            and a.ahu_id = c.ahu_ids[1]
    ),
    doubtful as materialized (
        select
            t.day,
            m.ahu_id
        from (
            select
                t.day,
                array_agg(t.ahu_id) as ahu_ids,
                array_agg(t.time) as times
            from told as t
            group by t.day
        ) as t
        cross join lateral _ahu.missing_in_raw(t.ahu_ids, t.times) as m (ahu_id)
        union
        -- One row of raw would do for both.
        select
            t.day,
            t.ahu_id
        from told as t
        group by
            t.day,
            t.ahu_id,
            t.time
        having count(*) > 1
    ),
    added as materialized (
        select
            a.day,
            a.ahu_id
        from addable as a
        where not exists (
            select from doubtful as d where d.day = a.day and d.ahu_id = a.ahu_id
        )
    ),
    recomputed_key as (
        select
            k.day,
            k.ahu_id
        from claimed_key as k
        where not exists (
            select from added as a where a.day = k.day and a.ahu_id = k.ahu_id
        )
    ),
    -- The others are recomputed. Runs of adjacent days with the same AHUs, so that each run is read
    -- from raw in one go.
    wanted as (
        select
            d.day,
            case
                when not d.every_ahu
                then (
                    select
                        array_agg(k.ahu_id order by k.ahu_id)
                    from recomputed_key as k
                    where k.day = d.day
                )
            end as ahu_ids
        from claimed_day as d
        where d.every_ahu
            or d.day in (select k.day from recomputed_key as k)
    ),
    numbered as (
        select
            w.day,
            w.ahu_ids,
            w.day - row_number() over (partition by w.ahu_ids order by w.day)::integer as run
        from wanted as w
    ),
    run as (
        select
            n.ahu_ids,
            min(n.day) as first_day,
            max(n.day) as last_day
        from numbered as n
        group by
            n.ahu_ids,
            n.run
    ),
    summarised as (
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
        from run as r
        cross join lateral _ahu.day_span(r.first_day, r.last_day) as t
        cross join lateral _ahu.summarise_readings(t.from_time, t.until_time, r.ahu_ids) as s
        where s.day between r.first_day and r.last_day
    ),
    -- What the operator has said is gone from raw and to be kept, unless raw is now the truth.
    retained as (
        select
            r.day,
            r.ahu_id,
            r.readings,
            r.newest_reading,
            r.steam_cost,
            r.cold_water_cost,
            r.electricity_cost,
            r.hcv_kwh,
            r.dh_hcv_kwh,
            r.ccv_kwh,
            r.pc_ccv_kwh,
            r.electricity_kwh
        from _ahu.retained_summary as r
        join claimed_day as c
            on c.day = r.day
        left join claimed_key as k
            on k.day = r.day
            and k.ahu_id = r.ahu_id
        where (c.every_ahu or k.ahu_id is not null)
            and not (c.trust_raw or coalesce(k.trust_raw, false))
    ),
    fresh as (
        select
            p.day,
            p.ahu_id,
            sum(p.readings)::bigint as readings,
            sum(p.retained)::bigint as retained,
            max(p.newest_reading) as newest_reading,
            sum(p.steam_cost) as steam_cost,
            sum(p.cold_water_cost) as cold_water_cost,
            sum(p.electricity_cost) as electricity_cost,
            sum(p.hcv_kwh) as hcv_kwh,
            sum(p.dh_hcv_kwh) as dh_hcv_kwh,
            sum(p.ccv_kwh) as ccv_kwh,
            sum(p.pc_ccv_kwh) as pc_ccv_kwh,
            sum(p.electricity_kwh) as electricity_kwh
        from (
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
                s.electricity_kwh,
                0 as retained
            from summarised as s
            union all
            select
                r.day,
                r.ahu_id,
                r.readings,
                r.newest_reading,
                r.steam_cost,
                r.cold_water_cost,
                r.electricity_cost,
                r.hcv_kwh,
                r.dh_hcv_kwh,
                r.ccv_kwh,
                r.pc_ccv_kwh,
                r.electricity_kwh,
                r.readings
            from retained as r
            union all
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
                s.electricity_kwh,
                0
            from added as a
            join stored as s
                on s.day = a.day
                and s.ahu_id = a.ahu_id
            union all
            select
                k.day,
                k.ahu_id,
                k.net_readings,
                k.newest_reading,
                k.steam_cost,
                k.cold_water_cost,
                k.electricity_cost,
                k.hcv_kwh,
                k.dh_hcv_kwh,
                k.ccv_kwh,
                k.pc_ccv_kwh,
                k.electricity_kwh,
                0
            from added as a
            join claimed_key as k
                on k.day = a.day
                and k.ahu_id = a.ahu_id
        ) as p
        group by
            p.day,
            p.ahu_id
    ),
    -- Shrinking needs evidence: a key may lose as many readings as the log has counted, additions
    -- set off against removals, or everything when the operator trusts raw. Additions do not raise
    -- what is expected: readings that retention took may be loaded again. Where they are, beside a
    -- summary that is retained in their place, they would count twice.
    judged as (
        select
            coalesce(f.day, s.day) as day,
            coalesce(f.ahu_id, s.ahu_id) as ahu_id,
            coalesce(f.readings, 0) as raw_readings,
            coalesce(s.readings, 0) as stored_readings,
            coalesce(k.net_readings, 0) + coalesce(q.net_readings, 0) as net_readings,
            (
                f.readings,
                f.newest_reading,
                f.steam_cost,
                f.cold_water_cost,
                f.electricity_cost,
                f.hcv_kwh,
                f.dh_hcv_kwh,
                f.ccv_kwh,
                f.pc_ccv_kwh,
                f.electricity_kwh
            ) is distinct from (
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
            ) as is_changed,
            s.raw_parts,
            t.trust_raw,
            (
                t.trust_raw
                or coalesce(f.readings, 0) >= coalesce(s.readings, 0)
                    + least(coalesce(k.net_readings, 0) + coalesce(q.net_readings, 0), 0)
                    and not (coalesce(f.retained, 0) > 0 and f.readings >= 2 * f.retained)
            ) as accepted
        from fresh as f
        full join stored as s
            on s.day = f.day
            and s.ahu_id = f.ahu_id
        left join claimed_day as c
            on c.day = coalesce(f.day, s.day)
        left join claimed_key as k
            on k.day = coalesce(f.day, s.day)
            and k.ahu_id = coalesce(f.ahu_id, s.ahu_id)
        left join _ahu.quarantine as q
            on q.day = coalesce(f.day, s.day)
            and q.ahu_id = coalesce(f.ahu_id, s.ahu_id)
        cross join lateral (
            select
                coalesce(k.trust_raw, false) or coalesce(c.trust_raw, false) as trust_raw
        ) as t
    ),
    written as (
        insert into _ahu.daily_rollup as d (
            day,
            ahu_id,
            readings,
            newest_reading,
            steam_cost,
            cold_water_cost,
            electricity_cost,
            hcv_kwh,
            dh_hcv_kwh,
            ccv_kwh,
            pc_ccv_kwh,
            electricity_kwh,
            raw_parts
        )
        select
            f.day,
            f.ahu_id,
            f.readings,
            f.newest_reading,
            f.steam_cost,
            f.cold_water_cost,
            f.electricity_cost,
            f.hcv_kwh,
            f.dh_hcv_kwh,
            f.ccv_kwh,
            f.pc_ccv_kwh,
            f.electricity_kwh,
            s.parts
        from fresh as f
        cross join state as s
        join judged as j
            on j.day = f.day
            and j.ahu_id = f.ahu_id
        -- A key that came out the same costs no write.
        where j.accepted
            and (j.is_changed or j.raw_parts is distinct from s.parts)
        -- What a backfill writes lies ten days at a time then, in these by AHU: a page has a few
        -- AHUs on ten days, and neither years of one AHU nor a day of all are on many pages.
        order by
            date_bin('10 days', f.day::timestamp, timestamp '2000-01-01'),
            f.ahu_id,
            f.day
        on conflict (day, ahu_id) do update
        set
            readings = excluded.readings,
            newest_reading = excluded.newest_reading,
            steam_cost = excluded.steam_cost,
            cold_water_cost = excluded.cold_water_cost,
            electricity_cost = excluded.electricity_cost,
            hcv_kwh = excluded.hcv_kwh,
            dh_hcv_kwh = excluded.dh_hcv_kwh,
            ccv_kwh = excluded.ccv_kwh,
            pc_ccv_kwh = excluded.pc_ccv_kwh,
            electricity_kwh = excluded.electricity_kwh,
            raw_parts = excluded.raw_parts
        returning d.day, d.ahu_id
    ),
    emptied as (
        delete from _ahu.daily_rollup as d
        using judged as j
        where d.day = j.day
            and d.ahu_id = j.ahu_id
            and j.accepted
            and j.raw_readings = 0
        returning d.day, d.ahu_id
    ),
    quarantined as (
        insert into _ahu.quarantine as q (
            day,
            ahu_id,
            stored_readings,
            raw_readings,
            net_readings
        )
        select
            j.day,
            j.ahu_id,
            j.stored_readings,
            j.raw_readings,
            j.net_readings
        from judged as j
        where not j.accepted
        on conflict (day, ahu_id) do update
        set
            stored_readings = excluded.stored_readings,
            raw_readings = excluded.raw_readings,
            net_readings = excluded.net_readings,
            seen_at = excluded.seen_at
    ),
    -- Until raw has been believed once more, nothing is added to them unseen.
    doubted as (
        update _ahu.daily_rollup as d
        set raw_parts = null
        from judged as j
        where d.day = j.day
            and d.ahu_id = j.ahu_id
            and d.raw_parts is not null
            and not j.accepted
    ),
    released as (
        delete from _ahu.quarantine as q
        using judged as j
        where q.day = j.day
            and q.ahu_id = j.ahu_id
            and j.accepted
    ),
    forgotten as (
        delete from _ahu.retained_summary as r
        using judged as j
        where r.day = j.day
            and r.ahu_id = j.ahu_id
            and j.trust_raw
    ),
    -- Of these the month is summed up again even where no day comes out differently: the row of a
    -- month may be wrong by itself.
    marked as (
        select
            date_trunc('month', c.day::timestamp)::date as month,
            a.ahu_id
        from claimed as c
        cross join lateral unnest(c.ahu_ids) as a (ahu_id)
        where c.reason in ('mark_changed', 'backfill')
        union all
        select
            w.month,
            s.ahu_id
        from (
            select distinct
                date_trunc('month', c.day::timestamp)::date as month
            from claimed as c
            where c.reason in ('mark_changed', 'backfill')
                and c.ahu_ids is null
        ) as w
        cross join lateral (
            select m.ahu_id from _ahu.monthly_rollup as m where m.month = w.month
            union
            select
                d.ahu_id
            from _ahu.daily_rollup as d
            where d.day >= w.month
                and d.day < (w.month + interval '1 month')::date
        ) as s
    ),
    -- What was added to days is added to their months.
    added_month as (
        select
            date_trunc('month', k.day::timestamp)::date as month,
            k.ahu_id,
            sum(k.net_readings)::bigint as readings,
            sum(k.steam_cost) as steam_cost,
            sum(k.cold_water_cost) as cold_water_cost,
            sum(k.electricity_cost) as electricity_cost
        from claimed_key as k
        join added as a
            on a.day = k.day
            and a.ahu_id = k.ahu_id
        group by
            1,
            k.ahu_id
    ),
    raised as (
        update _ahu.monthly_rollup as m
        set
            readings = m.readings + a.readings,
            steam_cost = coalesce(m.steam_cost + a.steam_cost, m.steam_cost, a.steam_cost),
            cold_water_cost = coalesce(
                m.cold_water_cost + a.cold_water_cost, m.cold_water_cost, a.cold_water_cost
            ),
            electricity_cost = coalesce(
                m.electricity_cost + a.electricity_cost, m.electricity_cost, a.electricity_cost
            )
        from added_month as a
        where m.month = a.month
            and m.ahu_id = a.ahu_id
        returning m.month, m.ahu_id
    ),
    -- Summed up again are months in which anything else has changed, and those that are not there
    -- yet. Sets, for the planner knows nothing of how many there are: joined, each of a thousand
    -- keys would be compared with all others.
    changed as (
        select
            date_trunc('month', k.day::timestamp)::date as month,
            k.ahu_id
        from (
            select
                w.day,
                w.ahu_id
            from written as w
            join judged as j
                on j.day = w.day
                and j.ahu_id = w.ahu_id
                and j.is_changed
            except
            select a.day, a.ahu_id from added as a
        ) as k
        union
        select date_trunc('month', e.day::timestamp)::date, e.ahu_id from emptied as e
        union
        select m.month, m.ahu_id from marked as m
        union
        (
            select a.month, a.ahu_id from added_month as a
            except
            select r.month, r.ahu_id from raised as r
        )
    ),
    folded as (
        select
            date_trunc('month', j.day::timestamp)::date as month,
            count(*) as keys,
            sum(j.raw_readings)::bigint as readings,
            count(*) filter (where not j.accepted) as quarantined
        from judged as j
        group by 1
    )
    select
        coalesce(f.month, c.month) as month,
        c.ahu_ids as changed_ahu_ids,
        coalesce(f.keys, 0) as keys,
        coalesce(f.readings, 0) as readings,
        coalesce(f.quarantined, 0) as quarantined
    from folded as f
    full join (
        select
            c.month,
            array_agg(c.ahu_id) as ahu_ids
        from changed as c
        group by c.month
    ) as c
        on c.month = f.month;
end
$fold_days$;

comment on function _ahu.fold_days(date[]) is
    'Claims the pending changes of the days, adds to their keys what was inserted or recomputes '
    'them from raw, and writes them to the daily rollup; to the monthly one it adds what was '
    'inserted. One row per month touched: AHUs whose month is to be summed up again, because rows '
    'changed otherwise or were marked by hand or for the backfill (null: none), keys folded, raw '
    'readings that they add up, keys in quarantine.';

revoke all on function _ahu.fold_days(date[]) from public;
