-- Makes the limits of our login roles follow _ahu.wanted_limits, in this database only, so that two
-- sites on one server do not disturb each other (a connection limit is always the whole server's).
do $role_limits$
declare
    v_row record;
begin
    for v_row in
        select
            w.role_name,
            w.setting,
            w.value,
            case w.setting
                when 'connection limit' then r.rolconnlimit::text
                else (
                    select
                        pg_catalog.substr(c.item, pg_catalog.strpos(c.item, '=') + 1)
                    from pg_catalog.pg_db_role_setting as s
                    join pg_catalog.pg_database as d
                        on d.oid = s.setdatabase
                    cross join lateral pg_catalog.unnest(s.setconfig) as c (item)
                    where s.setrole = r.oid
                        and d.datname = pg_catalog.current_database()
                        and pg_catalog.starts_with(c.item, w.setting || '=')
                )
            end as current_value
        from _ahu.wanted_limits() as w
        join pg_catalog.pg_roles as r
            on r.rolname = w.role_name
    loop
        continue when v_row.current_value = v_row.value;

        call _ahu.limit_role(v_row.role_name, v_row.setting, v_row.value);

        -- What was there before us is remembered once; a later change of ours does not overwrite
        -- it.
        insert into _ahu.role_limits (role_name, setting, value_before)
        values (v_row.role_name, v_row.setting, v_row.current_value)
        on conflict (role_name, setting) do nothing;
    end loop;
end
$role_limits$;
