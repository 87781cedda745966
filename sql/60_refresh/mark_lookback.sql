-- Under lookback, marks the days that each refresh folds again: the last days that there are, and
-- whatever lies after them.
create or replace procedure _ahu.mark_lookback()
set search_path = pg_catalog, pg_temp
language plpgsql
as $mark_lookback$
declare
    -- Not the transaction's: of several calls in one, a later one takes what was not marked again.
    v_now timestamptz := clock_timestamp();
    v_from_day date := _ahu.lookback_from_day(v_now);
begin
    call _ahu.hold_readings(v_from_day, null);
    insert into _ahu.pending_changes (reason, day, logged_at)
    select
        'lookback',
        d.day,
        v_now
    from (
        select r.day from _ahu.raw_days(v_from_day) as r (day)
        union
        -- A day that raw has no readings of any more.
        select s.day from _ahu.daily_rollup as s where s.day >= v_from_day
    ) as d
    where not exists (
        select
        from _ahu.pending_changes as p
        where p.day = d.day
            and p.reason = 'lookback'
    );
end
$mark_lookback$;

comment on procedure _ahu.mark_lookback() is
    'Marks the last _ahu.source.lookback_days days that are stored, and all after them, as '
    'pending; every day where none is stored.';

revoke all on procedure _ahu.mark_lookback() from public;
