-- Takes readings away as drop_chunks and a detached partition do: no trigger sees it.
create procedure tap.drop_silently(condition text)
language plpgsql
as $drop_silently$
begin
    set local session_replication_role = replica;
    execute 'delete from ahu_data.energy_readings where ' || condition;
    set local session_replication_role = origin;
end
$drop_silently$;
