-- What 90_finish does, on whatever table the source names now.
create procedure tap.track(triggers text default '.')
language plpgsql
as $track$
declare
    v_table regclass;
    v_row record;
begin
    select
        format('%I.%I', s.table_schema, s.table_name)::regclass
    into v_table
    from _ahu.source as s;

    for v_row in
        select
            w.trigger_name,
            w.occasion,
            w.call
        from _ahu.wanted_triggers() as w
        where w.trigger_name ~ track.triggers
    loop
        execute format(
            'create trigger %I ' || v_row.occasion || ' execute function %s',
            v_row.trigger_name,
            v_table,
            v_row.call
        );
    end loop;
end
$track$;
