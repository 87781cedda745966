-- The limits of the two login roles, in this database.
select plan(4);

select set_eq(
    $$
        select
            s.setrole::regrole::text as role_name,
            c.item
        from pg_db_role_setting as s
        cross join lateral unnest(s.setconfig) as c (item)
        where s.setdatabase = (
            select d.oid from pg_database as d where d.datname = current_database()
        )
            and s.setrole <> 0
    $$,
    $$
        values
            ('ahu_read', 'default_transaction_read_only=on'),
            ('ahu_read', 'statement_timeout=30s'),
            ('ahu_read', 'lock_timeout=5s'),
            ('ahu_read', 'idle_in_transaction_session_timeout=1min'),
            ('ahu_read', 'client_connection_check_interval=1s'),
            ('ahu_read', 'search_path=ahu'),
            ('ahu_write', 'statement_timeout=1h'),
            ('ahu_write', 'lock_timeout=5min'),
            ('ahu_write', 'idle_in_transaction_session_timeout=10min'),
            ('ahu_write', 'client_connection_check_interval=1s'),
            ('ahu_write', 'search_path=ahu_data, ahu')
    $$,
    'each login role carries its limits in this database'
);
select is_empty(
    $$
        select
            s.setrole::regrole
        from pg_db_role_setting as s
        where s.setdatabase = 0
            and s.setrole in ('ahu_read'::regrole, 'ahu_write'::regrole)
    $$,
    'and none in the server''s other databases'
);
select set_eq(
    $$
        select
            r.rolname::text,
            r.rolconnlimit
        from pg_roles as r
        where r.rolname in ('ahu_read', 'ahu_write')
    $$,
    'values (''ahu_read'', 30), (''ahu_write'', 15)',
    'both have a limit of connections'
);
select set_eq(
    $$
        select
            l.role_name,
            l.setting,
            l.value_before
        from _ahu.role_limits as l
    $$,
    $$
        values
            ('ahu_read', 'connection limit', '-1'),
            ('ahu_read', 'default_transaction_read_only', null),
            ('ahu_read', 'statement_timeout', null),
            ('ahu_read', 'lock_timeout', null),
            ('ahu_read', 'idle_in_transaction_session_timeout', null),
            ('ahu_read', 'client_connection_check_interval', null),
            ('ahu_read', 'search_path', null),
            ('ahu_write', 'connection limit', '-1'),
            ('ahu_write', 'statement_timeout', null),
            ('ahu_write', 'lock_timeout', null),
            ('ahu_write', 'idle_in_transaction_session_timeout', null),
            ('ahu_write', 'client_connection_check_interval', null),
            ('ahu_write', 'search_path', null)
    $$,
    'what was there before us is remembered'
);

select * from finish();
