-- Empties the log and tells it, a line for each key: reason, day, AHU and what was counted in all
-- its entries; without a number nothing was.
create function tap.take_keys()
returns setof text
language sql
as $take_keys$
    with taken as (
        delete from _ahu.pending_changes
        returning reason, day, ahu_ids, net_readings
    )
    select
        concat_ws(
            ' ',
            t.reason,
            to_char(t.day, 'YYYY-MM-DD'),
            concat_ws(':', a.ahu_id, sum(a.net_readings))
        ) as line
    from taken as t
    cross join lateral unnest(t.ahu_ids, t.net_readings) as a (ahu_id, net_readings)
    group by
        t.reason,
        t.day,
        a.ahu_id
    order by line
$take_keys$;
