-- An operator's verdict on keys in quarantine, carried out at once. Folds what is pending for their
-- days first, so that the verdict is on the readings there are now. Locks: the refresh lock; access
-- share on the raw table; row locks in our tables.
create or replace procedure ahu.resolve_quarantine(
    from_day date,
    until_day date,
    ahu_ids text[],
    how text,
    inout keys bigint default null
)
set search_path = pg_catalog, pg_temp
language plpgsql
as $resolve_quarantine$
#variable_conflict use_column
declare
    v_days date[];
    v_key_days date[];
    v_key_ahus text[];
    v_folded bigint;
    v_readings bigint;
    v_quarantined bigint;
begin
    call _ahu.require_keys(
        resolve_quarantine.from_day,
        resolve_quarantine.until_day,
        resolve_quarantine.ahu_ids,
        'call ahu.resolve_quarantine(%s, null, ''ignore'')'
    );

    if how is null or how not in ('add', 'replace', 'ignore') then
        raise exception 'how must be add, replace or ignore'
            using
                errcode = 'invalid_parameter_value',
                detail = format('how is %s.', coalesce(quote_literal(how), 'null')),
                hint = 'add: what raw has came after the summary and is added to it; replace: what '
                    'raw has is all there is; ignore: the summary stays as it is.';
    end if;

    if (select s.strategy from _ahu.source as s) = 'native' then
        raise exception 'nothing can be in quarantine here'
            using
                errcode = 'object_not_in_prerequisite_state',
                detail = 'The strategy is native: the views hold what raw has, and nothing else.',
                hint = 'For summaries that outlive their readings: '
                    'ahu-sql install --set refresh.strategy=incremental';
    end if;

    perform _ahu.acquire_refresh_lock('5 minutes');
    call _ahu.take_turn();

    v_days := array(
        select distinct
            q.day
        from _ahu.quarantine as q
        where q.day between resolve_quarantine.from_day and resolve_quarantine.until_day
            and (resolve_quarantine.ahu_ids is null
                or q.ahu_id = any (resolve_quarantine.ahu_ids))
    );
    call _ahu.fold(v_days, v_folded, v_readings, v_quarantined);

    select
        array_agg(q.day),
        array_agg(q.ahu_id)
    into v_key_days, v_key_ahus
    from _ahu.quarantine as q
    where q.day = any (v_days)
        and (resolve_quarantine.ahu_ids is null
            or q.ahu_id = any (resolve_quarantine.ahu_ids));

    keys := coalesce(cardinality(v_key_days), 0);
    if keys = 0 then
        raise notice 'nothing is in quarantine there';
        return;
    end if;

    if how = 'ignore' then
        delete from _ahu.quarantine as q
        using unnest(v_key_days, v_key_ahus) as k (day, ahu_id)
        where q.day = k.day
            and q.ahu_id = k.ahu_id;
        return;
    end if;

    if how = 'add' then
        call _ahu.require_additions(v_key_days, v_key_ahus);

        insert into _ahu.retained_summary as r (
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
            electricity_kwh
        )
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
        from _ahu.daily_rollup as d
        join unnest(v_key_days, v_key_ahus) as k (day, ahu_id)
            on k.day = d.day
            and k.ahu_id = d.ahu_id
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
            resolved_by = excluded.resolved_by,
            resolved_at = excluded.resolved_at;
    end if;

    insert into _ahu.pending_changes (reason, day, ahu_ids, trust_raw)
    select
        'mark_changed',
        k.day,
        array_agg(k.ahu_id),
        how = 'replace'
    from unnest(v_key_days, v_key_ahus) as k (day, ahu_id)
    group by k.day;

    call _ahu.fold(v_days, v_folded, v_readings, v_quarantined);
end
$resolve_quarantine$;

comment on procedure ahu.resolve_quarantine(date, date, text[], text, bigint) is
    'Resolves at once the quarantined keys of some days. from_day: the first of them, a date in '
    'the site''s time zone. until_day: the last one, included. ahu_ids: the AHUs; null: all. how: '
    'add (what raw has came after the summary and is added to it), replace (what raw has is all '
    'there is) or ignore (the summary stays, and what raw has now counts for good as not to be '
    'added). keys: how many keys were resolved. Error 22023: no days, no AHUs, or another word for '
    'how; 55000: add would count readings twice, or the strategy is native, which has no '
    'quarantine; 55P03: a refresh took longer than 5 minutes; 40001: the transaction''s snapshot '
    'is older than the last refresh, or than a rewrite of the raw table (begin it anew); 42809, '
    '42804: the raw table is none any more, or has columns of types that somebody has made.';

revoke all on procedure ahu.resolve_quarantine(date, date, text[], text, bigint) from public;
