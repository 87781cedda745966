-- Marks everything that was in the raw table before us, once. Called by the installer after the triggers
-- are in force: whatever comes later is tracked. Interrupted, it is simply called again.
create or replace procedure _ahu.mark_backfill()
set search_path = pg_catalog, pg_temp
language plpgsql
as $mark_backfill$
declare
    v_marked_at timestamptz;
    v_first_day date;
    v_last_day date;
begin
    select
        s.backfill_marked_at
    into v_marked_at
    from _ahu.source as s
    for update;

    if v_marked_at is not null then
        return;
    end if;

    select
        _ahu.local_day(r.first_time),
        _ahu.local_day(r.last_time)
    into v_first_day, v_last_day
    from _ahu.raw_span() as r;

    if v_first_day is not null then
        -- Where the clock is changed near the first or the last day, readings of the day beside it
        -- may lie between the two.
        select
            v_first_day - (f.until_time - f.from_time > interval '25 hours')::integer,
            v_last_day + (l.until_time - l.from_time > interval '25 hours')::integer
        into v_first_day, v_last_day
        from _ahu.day_span(v_first_day, v_first_day) as f
        cross join _ahu.day_span(v_last_day, v_last_day) as l;

        insert into _ahu.pending_changes (reason, day)
        select
            'backfill',
            v_first_day + d.days
        from generate_series(0, v_last_day - v_first_day) as d (days);
    end if;

    update _ahu.source as s
    set backfill_marked_at = clock_timestamp();
end
$mark_backfill$;

comment on procedure _ahu.mark_backfill() is
    'Marks all days of the raw table as pending, unless that was done since the last change of measures.';

revoke all on procedure _ahu.mark_backfill() from public;
