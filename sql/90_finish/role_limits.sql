-- Makes the limits of our login roles follow _ahu.wanted_limits, in this database only, so that two
-- sites on one server do not disturb each other (a connection limit is always the whole server's).
do $role_limits$
declare
    v_row record;
begin
    for v_row in
        select
            l.role_name,
            l.setting,
            l.value,
            l.current_value
        from _ahu.limit_state() as l
        where not l.is_right
    loop
        call _ahu.limit_role(v_row.role_name, v_row.setting, v_row.value);

        -- What was there before us is remembered once; a later change of ours does not overwrite
        -- it.
        insert into _ahu.role_limits (role_name, setting, value_before)
        values (v_row.role_name, v_row.setting, v_row.current_value)
        on conflict (role_name, setting) do nothing;
    end loop;
end
$role_limits$;
