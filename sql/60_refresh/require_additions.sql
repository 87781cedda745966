-- Refuses to add what raw has to summaries that count some of it already: where retention took only
-- a part of a day, the rest is still in raw. The log has counted what came since the summary was
-- stored; raw must have just that. Under lookback nothing is counted, and the operator's word
-- holds.
create or replace procedure _ahu.require_additions(days date[], ahu_ids text[])
set search_path = pg_catalog, pg_temp
language plpgsql
as $require_additions$
declare
    v_doubtful text;
    v_others bigint;
begin
    select
        string_agg(
            format('%s %s: raw has %s, added since are %s', d.day, d.ahu_id, d.in_raw, d.added),
            '; '
            order by d.day, d.ahu_id
        ) filter (where d.place <= 5),
        count(*) filter (where d.place > 5)
    into v_doubtful, v_others
    from (
        select
            q.day,
            q.ahu_id,
            q.raw_readings - coalesce(r.readings, 0) as in_raw,
            q.net_readings as added,
            row_number() over (order by q.day, q.ahu_id) as place
        from _ahu.quarantine as q
        join unnest(days, ahu_ids) as k (day, ahu_id)
            on k.day = q.day
            and k.ahu_id = q.ahu_id
        left join _ahu.retained_summary as r
            on r.day = q.day
            and r.ahu_id = q.ahu_id
        cross join _ahu.source as s
        where s.tracking = 'triggers'
            and q.raw_readings - coalesce(r.readings, 0) <> q.net_readings
    ) as d;

    if v_doubtful is not null then
        raise exception 'raw may still have readings that the summaries count already'
            using
                errcode = 'object_not_in_prerequisite_state',
                detail = v_doubtful
                    || case when v_others > 0 then format('; and %s more', v_others) else '' end
                    || '.',
                hint = 'Resolve these keys with ignore, which keeps the summary, or with replace, '
                    'which keeps what raw has; or load their readings again, all of them.';
    end if;
end
$require_additions$;

comment on procedure _ahu.require_additions(date[], text[]) is
    'Raises an error (55000) where raw has other readings of a quarantined key than those that the '
    'log counts as added since its summary was stored.';

revoke all on procedure _ahu.require_additions(date[], text[]) from public;
