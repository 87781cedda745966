-- Folds the pending changes of some days into both rollups, a month's worth of days at a time so
-- that memory does not grow with what is pending. The caller holds the refresh lock and has taken
-- its turn.
create or replace procedure _ahu.fold(
    in days date[],
    inout keys bigint,
    inout readings bigint,
    inout quarantined bigint
)
set search_path = pg_catalog, pg_temp
language plpgsql
as $fold$
declare
    c_slice constant integer := 31;
    v_first integer;
    v_slice date[];
    v_from_day date;
    v_until_day date;
    v_fold record;
begin
    keys := 0;
    readings := 0;
    quarantined := 0;

    for v_first in select generate_series(1, cardinality(days), c_slice)
    loop
        v_slice := days[v_first:v_first + c_slice - 1];
        select
            min(d.day),
            max(d.day)
        into v_from_day, v_until_day
        from unnest(v_slice) as d (day);
        call _ahu.hold_readings(v_from_day, v_until_day);

        for v_fold in
            select
                f.month,
                f.changed_ahu_ids,
                f.keys,
                f.readings,
                f.quarantined
            from _ahu.fold_days(v_slice) as f
        loop
            keys := keys + v_fold.keys;
            readings := readings + v_fold.readings;
            quarantined := quarantined + v_fold.quarantined;
            if v_fold.changed_ahu_ids is not null then
                call _ahu.fold_month(v_fold.month, v_fold.changed_ahu_ids);
            end if;
        end loop;
    end loop;
end
$fold$;

comment on procedure _ahu.fold(date[], bigint, bigint, bigint) is
    'Brings the pending keys of the days and their months up to date. Answers with how many keys, '
    'raw readings that they add up, and keys in quarantine.';

revoke all on procedure _ahu.fold(date[], bigint, bigint, bigint) from public;
