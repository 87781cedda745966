-- Empties the log and tells it, a line for each entry: reason, day, AHUs with what was counted.
create function tap.take_log()
returns setof text
language sql
as $take_log$
    with taken as (
        delete from _ahu.pending_changes
        returning reason, day, ahu_ids, net_readings, trust_raw
    )
    select
        concat_ws(
            ' ',
            t.reason,
            to_char(t.day, 'YYYY-MM-DD'),
            coalesce(
                (
                    select
                        string_agg(concat_ws(':', a.ahu_id, a.net_readings), ' ' order by a.ahu_id)
                    from unnest(t.ahu_ids, t.net_readings) as a (ahu_id, net_readings)
                ),
                'every AHU'
            ),
            case when t.trust_raw then 'trust raw' end
        ) as line
    from taken as t
    order by line
$take_log$;
