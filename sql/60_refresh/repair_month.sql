-- Sums up some AHUs' month again from the stored days, for `ahu-sql verify --repair`. Days are not
-- marked for it: whose raw readings retention has taken would go to quarantine. Locks: the refresh
-- lock, so that no refresh writes the days meanwhile; row locks in the monthly rollup.
create or replace procedure _ahu.repair_month(month date, ahu_ids text[])
set search_path = pg_catalog, pg_temp
language plpgsql
as $repair_month$
begin
    perform _ahu.acquire_refresh_lock('5 minutes');
    call _ahu.take_turn();
    call _ahu.fold_month(repair_month.month, repair_month.ahu_ids);
end
$repair_month$;

comment on procedure _ahu.repair_month(date, text[]) is
    'Sums up the month that begins on the given day, for the given AHUs, from the daily rollup, '
    'while no refresh runs. Error 55P03: one runs for longer than 5 minutes.';

revoke all on procedure _ahu.repair_month(date, text[]) from public;
