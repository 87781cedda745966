-- The owner of everything: no login role can become it, and of the site it may read one table.
select plan(8);

select has_role('ahu_owner', 'role ahu_owner exists');
select is(
    shobj_description('ahu_owner'::regrole, 'pg_authid'),
    'Owns the objects of ahu-sql, cannot log in (made by ahu-sql).',
    'the comment of ahu_owner says who made it and what for'
);
select is(
    (
        select
            format('%s', array[r.rolcanlogin, r.rolsuper, r.rolcreaterole, r.rolcreatedb,
                r.rolreplication, r.rolbypassrls])
        from pg_roles as r
        where r.rolname = 'ahu_owner'
    ),
    '{f,f,f,f,f,f}',
    'ahu_owner cannot log in and has none of the great rights'
);
select is_empty(
    $$
        select
            m.member::regrole
        from pg_auth_members as m
        where m.roleid = 'ahu_owner'::regrole
            and m.member in (
                'ahu_read'::regrole, 'ahu_write'::regrole, 'ahu_pgbouncer'::regrole
            )
    $$,
    'none of our login roles is a member of ahu_owner'
);
select is_empty(
    $$
        select
            m.roleid::regrole
        from pg_auth_members as m
        where m.member = 'ahu_owner'::regrole
    $$,
    'ahu_owner is a member of no role'
);

set local role ahu_owner;
select lives_ok(
    'select * from ahu_data.energy_readings',
    'ahu_owner reads the raw table'
);
select throws_ok(
    'delete from ahu_data.energy_readings',
    '42501',
    'permission denied for table energy_readings',
    'ahu_owner cannot delete readings'
);
select throws_ok(
    'insert into ahu_data.energy_readings (ahu_id) values (''AHU01'')',
    '42501',
    'permission denied for table energy_readings',
    'ahu_owner cannot add readings'
);
reset role;

select * from finish();
