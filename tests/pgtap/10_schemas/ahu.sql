-- What schema ahu promises of everything in it.
select plan(9);

select has_schema('ahu', 'schema ahu exists');
select schema_owner_is('ahu', 'ahu_owner', 'schema ahu belongs to ahu_owner');

select is(
    (
        select
            n.nspacl::text
        from pg_namespace as n
        where n.nspname = 'ahu'
    ),
    '{ahu_owner=UC/ahu_owner,pg_monitor=U/ahu_owner,ahu_pgbouncer=U/ahu_owner,'
        'ahu_read=U/ahu_owner,ahu_write=U/ahu_owner}',
    'schema ahu grants what is written here, and PUBLIC nothing'
);

select isnt_empty(
    $$
        select
            c.oid
        from pg_class as c
        where c.relnamespace = 'ahu'::regnamespace
    $$,
    'schema ahu holds relations, so the sweeps below look at something'
);

select set_eq(
    $$
        select
            c.relname::text as object_of_another_owner
        from pg_class as c
        where c.relnamespace = 'ahu'::regnamespace
            and c.relowner <> 'ahu_owner'::regrole
        union all
        select
            p.proname::text
        from pg_proc as p
        where p.pronamespace = 'ahu'::regnamespace
            and p.proowner <> 'ahu_owner'::regrole
    $$,
    array['pgbouncer_login'],
    'all that schema ahu holds belongs to ahu_owner, but for what reads the server''s passwords'
);

select is_empty(
    $$
        select
            'schema'
        where obj_description('ahu'::regnamespace, 'pg_namespace') is null
        union all
        select
            c.relname
        from pg_class as c
        where c.relnamespace = 'ahu'::regnamespace
            and c.relkind not in ('i', 'I', 'S', 't')
            and obj_description(c.oid, 'pg_class') is null
        union all
        select
            c.relname || '.' || a.attname
        from pg_class as c
        join pg_attribute as a
            on a.attrelid = c.oid
        where c.relnamespace = 'ahu'::regnamespace
            and c.relkind not in ('i', 'I', 'S', 't')
            and a.attnum > 0
            and not a.attisdropped
            and col_description(c.oid, a.attnum) is null
        union all
        select
            p.oid::regprocedure::text
        from pg_proc as p
        where p.pronamespace = 'ahu'::regnamespace
            and obj_description(p.oid, 'pg_proc') is null
    $$,
    'every relation, column, function and procedure in schema ahu has a comment'
);

-- No ACL at all means the built-in one, which lets PUBLIC execute functions.
select is_empty(
    $$
        select
            p.oid::regprocedure as public_may_execute
        from pg_proc as p
        cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
        where p.pronamespace = 'ahu'::regnamespace
            and a.grantee = 0
    $$,
    'PUBLIC may execute nothing in schema ahu'
);

select is_empty(
    $$
        select
            c.relname as public_may_use
        from pg_class as c
        cross join lateral aclexplode(c.relacl) as a
        where c.relnamespace = 'ahu'::regnamespace
            and a.grantee = 0
        union all
        select
            c.relname || '.' || t.attname
        from pg_class as c
        join pg_attribute as t
            on t.attrelid = c.oid
        cross join lateral aclexplode(t.attacl) as a
        where c.relnamespace = 'ahu'::regnamespace
            and a.grantee = 0
    $$,
    'PUBLIC has no right on a relation or column in schema ahu'
);

-- Each routine says for itself what its names mean: the caller's search_path never does.
select is_empty(
    $$
        select
            p.oid::regprocedure as without_search_path
        from pg_proc as p
        where p.pronamespace = 'ahu'::regnamespace
            and not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']
    $$,
    'every routine in schema ahu pins its search_path'
);

select * from finish();
