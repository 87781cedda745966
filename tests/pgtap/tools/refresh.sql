-- One refresh, and its answer as one line.
create function tap.refresh(
    wait_for interval default '5 minutes',
    max_days integer default null
)
returns text
language plpgsql
as $refresh$
declare
    v_answer record;
begin
    execute 'call ahu.refresh_dashboard_views($1, $2)'
    into v_answer
    using wait_for, max_days;
    return concat_ws(
        ', ',
        v_answer.outcome,
        'days ' || v_answer.days,
        'keys ' || v_answer.keys,
        'readings ' || v_answer.readings,
        'quarantined ' || v_answer.quarantined,
        'pending ' || v_answer.days_pending
    );
end
$refresh$;
