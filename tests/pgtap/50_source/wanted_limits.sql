-- The limits that our login roles should carry, by the default settings.
select plan(7);

select set_eq(
    'select role_name, setting, value from _ahu.wanted_limits()',
    $$
        values
            ('ahu_read', 'connection limit', '50'),
            ('ahu_read', 'default_transaction_read_only', 'on'),
            ('ahu_read', 'statement_timeout', '30s'),
            ('ahu_read', 'lock_timeout', '5s'),
            ('ahu_read', 'idle_in_transaction_session_timeout', '1min'),
            ('ahu_read', 'client_connection_check_interval', '20ms'),
            ('ahu_read', 'seq_page_cost', '0.1'),
            ('ahu_read', 'random_page_cost', '0.1'),
            ('ahu_read', 'search_path', 'ahu'),
            ('ahu_write', 'connection limit', '20'),
            ('ahu_write', 'statement_timeout', '1h'),
            ('ahu_write', 'lock_timeout', '5min'),
            ('ahu_write', 'idle_in_transaction_session_timeout', '10min'),
            ('ahu_write', 'client_connection_check_interval', '20ms'),
            ('ahu_write', 'work_mem', '32MB'),
            ('ahu_write', 'search_path', 'ahu_data, ahu'),
            ('ahu_pgbouncer', 'connection limit', '20'),
            ('ahu_pgbouncer', 'default_transaction_read_only', 'on'),
            ('ahu_pgbouncer', 'statement_timeout', '5s'),
            ('ahu_pgbouncer', 'idle_in_transaction_session_timeout', '5s'),
            ('ahu_pgbouncer', 'search_path', '""')
    $$,
    'the limits are these'
);
select is_empty(
    $$
        select
            w.role_name,
            w.setting
        from _ahu.wanted_limits() as w
        group by
            w.role_name,
            w.setting
        having count(*) > 1
    $$,
    'each is wanted once'
);
select set_eq(
    $$
        select
            w.role_name
        from _ahu.wanted_limits() as w
        where w.setting = 'connection limit'
            and w.value::integer > 0
    $$,
    $$
        select
            r.rolname::text
        from pg_roles as r
        where r.rolname like 'ahu\_%'
            and r.rolcanlogin
    $$,
    'each of our roles that can log in has a limit of connections, and no other role'
);
select is_empty(
    $$
        select
            w.setting
        from _ahu.wanted_limits() as w
        left join pg_settings as s
            on s.name = w.setting
        where w.setting <> 'connection limit'
            and s.context is distinct from 'user'
    $$,
    'the rest is what the server lets any session set, so whoever may alter the role may set it'
);
update _ahu.source
set table_schema = 'Odd, "name"';
select is(
    (
        select
            w.value
        from _ahu.wanted_limits() as w
        where w.role_name = 'ahu_write'
            and w.setting = 'search_path'
    ),
    '"Odd, ""name""", ahu',
    'the schema of the raw table is quoted in a search_path'
);
delete from _ahu.source;
select is(
    (select count(*) from _ahu.wanted_limits()),
    21::bigint,
    'where nothing is known of the raw table the other limits are wanted all the same'
);
select is(
    obj_description('_ahu.wanted_limits()'::regprocedure, 'pg_proc'),
    'Limits of our login roles: configuration parameters in this database, with their units, and '
        'connection limits, in connections; from the settings.',
    'its comment says what the values are'
);

select * from finish();
