-- From when on a refresh by lookback folds every day again: for mark_lookback, and for verifying,
-- which calls what lies there pending. Counted back from the newest day until the instant's that is
-- stored, so that an ETL that was away for longer than the lookback loses nothing.
create or replace function _ahu.lookback_from_day(instant timestamptz)
returns date
stable
set search_path = pg_catalog, pg_temp
language sql
as $lookback_from_day$
    select
        max(d.day) - (select s.lookback_days from _ahu.source as s) + 1
    from _ahu.daily_rollup as d
    where d.day <= _ahu.local_day(instant)
$lookback_from_day$;

comment on function _ahu.lookback_from_day(timestamptz) is
    'First of the last _ahu.source.lookback_days days that are stored at an instant; null: none '
    'is, and every day of the raw table is new.';

revoke all on function _ahu.lookback_from_day(timestamptz) from public;
