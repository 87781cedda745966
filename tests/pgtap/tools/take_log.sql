-- Empties the log and tells it, a line for each entry: reason, day, AHUs with what was counted.
-- Entries of single readings are told together, a line for each day.
create function tap.take_log()
returns setof text
language sql
as $take_log$
    with taken as (
        delete from _ahu.pending_changes
        returning reason, day, ahu_ids, net_readings, trust_raw, summed_as, gen_random_uuid() as id
    )
    select
        concat_ws(
            ' ',
            t.reason,
            to_char(t.day, 'YYYY-MM-DD'),
            coalesce(
                string_agg(
                    t.ahu_id || coalesce(':' || t.net_readings, ''), ' ' order by t.ahu_id
                ),
                'every AHU'
            ),
            case when t.trust_raw then 'trust raw' end
        ) as line
    from (
        select
            t.reason,
            t.day,
            t.trust_raw,
            case when t.summed_as is null then t.id end as id,
            a.ahu_id,
            sum(a.net_readings) as net_readings
        from taken as t
        left join lateral unnest(t.ahu_ids, t.net_readings) as a (ahu_id, net_readings)
            on true
        group by 1, 2, 3, 4, 5
    ) as t
    group by
        t.reason,
        t.day,
        t.trust_raw,
        t.id
    order by line
$take_log$;
