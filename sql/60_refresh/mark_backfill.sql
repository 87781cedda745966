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
        -- A day on each side, for clocks that were set back over midnight.
        insert into _ahu.pending_changes (reason, day)
        select
            'backfill',
            v_first_day - 1 + d.days
        from generate_series(0, v_last_day - v_first_day + 2) as d (days);
    end if;

    update _ahu.source as s
    set backfill_marked_at = clock_timestamp();
end
$mark_backfill$;

comment on procedure _ahu.mark_backfill() is
    'Marks all days of the raw table as pending, unless that was done since the last change of measures.';

revoke all on procedure _ahu.mark_backfill() from public;
