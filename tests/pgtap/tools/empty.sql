-- As before the first reading: nothing stored, nothing pending, nothing in raw. No trigger sees it.
create procedure tap.empty()
language plpgsql
as $empty$
begin
    set local session_replication_role = replica;
    truncate
        _ahu.daily_rollup, _ahu.monthly_rollup, _ahu.pending_changes, _ahu.quarantine,
        _ahu.retained_summary, ahu_data.energy_readings;
    set local session_replication_role = origin;
end
$empty$;
