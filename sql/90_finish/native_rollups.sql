-- Rollups of the strategy native: filled where they are the ones in force and never were, and gone
-- where they are not.
do $native_rollups$
begin
    if (select s.strategy from _ahu.source as s) = 'native' then
        call _ahu.fill_native();
    else
        drop materialized view if exists _ahu.monthly_native, _ahu.daily_native;
    end if;
end
$native_rollups$;
