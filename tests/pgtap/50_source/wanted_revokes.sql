-- What PUBLIC should not execute, by the default settings: whatever makes a large object.
select plan(3);

select set_eq(
    'select to_regprocedure(w.function_name)::oid from _ahu.wanted_revokes() as w',
    $$
        select
            p.oid
        from pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace
            and p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea')
    $$,
    'they are all that make one in SQL, and each is there'
);
select set_eq(
    $$
        select
            p.proname::text
        from pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace
            and (p.proname like 'lo\_%' or p.proname in ('loread', 'lowrite'))
            and p.oid not in (
                select
                    w.function_name::regprocedure
                from _ahu.wanted_revokes() as w
            )
            and has_function_privilege('public', p.oid, 'execute')
    $$,
    $$
        values
            ('lo_open'), ('lo_close'), ('lo_get'), ('loread'), ('lo_lseek'), ('lo_lseek64'),
            ('lo_tell'), ('lo_tell64'), ('lo_put'), ('lowrite'), ('lo_truncate'),
            ('lo_truncate64'), ('lo_unlink')
    $$,
    'the others that everybody may execute are for one that is there, whose rights they ask for'
);
select throws_ok(
    'select lo_put(4711, 0, ''x'')', '42704', null, 'lo_put makes none where there is none'
);

select * from finish();
