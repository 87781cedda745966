-- What verifying finds, a line for each difference: D (day) or M (month), when, AHU, stored and raw
-- readings, reason, and what differs.
create function tap.verified(
    from_day date default '2024-01-01',
    until_day date default '2024-12-31'
)
returns setof text
language plpgsql
as $verified$
begin
    return query
    select
        format(
            '%s %s %s %s/%s %s: %s',
            upper(left(v.unit, 1)),
            to_char(v.day, 'MM-DD'),
            v.ahu_id,
            v.stored_readings,
            v.raw_readings,
            v.reason,
            array_to_string(v.measures, ' ')
        )
    from ahu.verify_dashboard_views(verified.from_day, verified.until_day) as v;
end
$verified$;
