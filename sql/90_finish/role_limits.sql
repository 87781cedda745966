-- The limits that our two login roles carry, in this database only, so that two sites on one server
-- do not disturb each other (a connection limit is always the whole server's). Both poolers' pools
-- fit in: 20 + 5 for ahu_read and 5 + 5 for ahu_write, and a few that are on their way out.
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
        from (
            values
                ('ahu_read', 'connection limit', '30'),
                ('ahu_read', 'default_transaction_read_only', 'on'),
                ('ahu_read', 'statement_timeout', '30s'),
                ('ahu_read', 'lock_timeout', '5s'),
                ('ahu_read', 'idle_in_transaction_session_timeout', '1min'),
                -- Without it a reader that is killed in mid-query leaves its backend running.
                ('ahu_read', 'client_connection_check_interval', '1s'),
                ('ahu_read', 'search_path', 'ahu'),
                ('ahu_write', 'connection limit', '15'),
                ('ahu_write', 'statement_timeout', '1h'),
                ('ahu_write', 'lock_timeout', '5min'),
                ('ahu_write', 'idle_in_transaction_session_timeout', '10min'),
                ('ahu_write', 'client_connection_check_interval', '1s'),
                ('ahu_write', 'search_path', (
                    select
                        pg_catalog.quote_ident(s.table_schema) || ', ahu'
                    from _ahu.source as s
                ))
        ) as w (role_name, setting, value)
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
