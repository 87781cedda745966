-- The limits that our login roles should carry, against those they do.
select plan(7);

select set_eq(
    'select role_name, setting, value from _ahu.limit_state()',
    'select role_name, setting, value from _ahu.wanted_limits()',
    'every limit that is wanted is looked at, and no other'
);
select is_empty(
    'select role_name, setting from _ahu.limit_state() where not is_right',
    'after an install all are right'
);

select lives_ok(
    format(
        'alter role ahu_read in database %1$I set statement_timeout = ''31s''; '
        'alter role ahu_write in database %1$I reset lock_timeout; '
        'alter role ahu_read in database %1$I set work_mem = ''8MB''',
        current_database()
    ),
    'somebody turns them'
);
alter role ahu_pgbouncer connection limit -1;
select set_eq(
    'select role_name, setting, current_value from _ahu.limit_state() where not is_right',
    $$
        values
            ('ahu_read', 'statement_timeout', '31s'),
            ('ahu_write', 'lock_timeout', null),
            ('ahu_pgbouncer', 'connection limit', '-1')
    $$,
    'what is not as wanted is not right, another setting is nobody''s concern'
);

-- Another site of this server has the role too.
do $other_site$
begin
    execute format(
        'alter role ahu_pgbouncer in database %I set statement_timeout = ''5s''',
        (select min(d.datname::text) from pg_database as d where d.datname <> current_database())
    );
end
$other_site$;
alter role ahu_pgbouncer connection limit 100;
select is_empty(
    $$select role_name from _ahu.limit_state() where role_name = 'ahu_pgbouncer' and not is_right$$,
    'more connections than wanted are right where another database sets limits as well'
);
alter role ahu_pgbouncer connection limit 19;
select isnt_empty(
    $$select role_name from _ahu.limit_state() where role_name = 'ahu_pgbouncer' and not is_right$$,
    'fewer never are, nor is any number'
);

set local quote_all_identifiers = on;
select isnt_empty(
    $$select role_name from _ahu.limit_state() where setting = 'search_path' and is_right$$,
    'whatever a session quotes'
);

select * from finish();
