-- The limits of our login roles, in this database.
select plan(5);

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
            ('ahu_read', 'client_connection_check_interval=20ms'),
            ('ahu_read', 'seq_page_cost=0.1'),
            ('ahu_read', 'random_page_cost=0.1'),
            ('ahu_read', 'search_path=ahu'),
            ('ahu_write', 'statement_timeout=1h'),
            ('ahu_write', 'lock_timeout=5min'),
            ('ahu_write', 'idle_in_transaction_session_timeout=10min'),
            ('ahu_write', 'client_connection_check_interval=20ms'),
            ('ahu_write', 'work_mem=32MB'),
            ('ahu_write', 'search_path=ahu_data, ahu'),
            ('ahu_pgbouncer', 'default_transaction_read_only=on'),
            ('ahu_pgbouncer', 'statement_timeout=5s'),
            ('ahu_pgbouncer', 'idle_in_transaction_session_timeout=5s'),
            ('ahu_pgbouncer', 'search_path=""')
    $$,
    'each login role carries its limits in this database'
);
select is_empty(
    $$
        select
            s.setrole::regrole
        from pg_db_role_setting as s
        where s.setdatabase = 0
            and s.setrole in (
                'ahu_read'::regrole, 'ahu_write'::regrole, 'ahu_pgbouncer'::regrole
            )
    $$,
    'and none in the server''s other databases'
);
select set_eq(
    $$
        select
            r.rolname::text,
            r.rolconnlimit
        from pg_roles as r
        where r.rolname like 'ahu\_%'
            and r.rolcanlogin
    $$,
    'values (''ahu_read'', 50), (''ahu_write'', 20), (''ahu_pgbouncer'', 20)',
    'each has a limit of connections'
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
            ('ahu_read', 'seq_page_cost', null),
            ('ahu_read', 'random_page_cost', null),
            ('ahu_read', 'search_path', null),
            ('ahu_write', 'connection limit', '-1'),
            ('ahu_write', 'statement_timeout', null),
            ('ahu_write', 'lock_timeout', null),
            ('ahu_write', 'idle_in_transaction_session_timeout', null),
            ('ahu_write', 'client_connection_check_interval', null),
            ('ahu_write', 'work_mem', null),
            ('ahu_write', 'search_path', null),
            ('ahu_pgbouncer', 'connection limit', '-1'),
            ('ahu_pgbouncer', 'default_transaction_read_only', null),
            ('ahu_pgbouncer', 'statement_timeout', null),
            ('ahu_pgbouncer', 'idle_in_transaction_session_timeout', null),
            ('ahu_pgbouncer', 'search_path', null)
    $$,
    'what was there before us is remembered'
);
select set_eq(
    $$
        select
            l.role_name,
            l.setting
        from _ahu.role_limits as l
    $$,
    $$
        select
            w.role_name,
            w.setting
        from _ahu.wanted_limits() as w
    $$,
    'that is, of every limit that is wanted, and of nothing else'
);

select * from finish();
