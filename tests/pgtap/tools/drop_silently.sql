-- Takes readings away as drop_chunks and a detached partition do: no trigger sees it, and the raw
-- table consists of other parts than when what is stored was written.
create procedure tap.drop_silently(condition text)
language plpgsql
as $drop_silently$
begin
    set local session_replication_role = replica;
    execute 'delete from ahu_data.energy_readings where ' || condition;
    set local session_replication_role = origin;
    update _ahu.daily_rollup
    set raw_parts = raw_parts # 1;
end
$drop_silently$;
