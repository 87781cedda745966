-- Marks everything that was in the raw table before us, once. Called by the installer after the
-- triggers are in force: whatever comes later is tracked. Interrupted, it is simply called again.
-- Native rollups know no marks; they are refreshed here and now, or at the next install where that
-- was skipped.
create or replace procedure _ahu.mark_backfill()
set search_path = pg_catalog, pg_temp
language plpgsql
as $mark_backfill$
declare
    v_strategy text;
    v_marked_at timestamptz;
    v_answer record;
begin
    select
        s.strategy,
        s.backfill_marked_at
    into v_strategy, v_marked_at
    from _ahu.source as s
    for update;

    if v_marked_at is not null then
        return;
    end if;

    if v_strategy = 'native' then
        execute 'call ahu.refresh_dashboard_views()'
        into v_answer;
        if v_answer.outcome <> 'refreshed' then
            return;
        end if;
    else
        call _ahu.hold_readings(null, null);
        insert into _ahu.pending_changes (reason, day)
        select
            'backfill',
            d.day
        from _ahu.raw_days() as d (day);
    end if;

    update _ahu.source as s
    set backfill_marked_at = clock_timestamp();
end
$mark_backfill$;

comment on procedure _ahu.mark_backfill() is
    'Marks all days of the raw table as pending, unless that was done since the last change of '
    'measures.';

revoke all on procedure _ahu.mark_backfill() from public;
