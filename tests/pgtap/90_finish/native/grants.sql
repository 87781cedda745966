-- What the strategy native adds to the privilege matrix: nothing that anybody may read.
select plan(2);

select set_eq(
    $$
        select
            c.relname::text as rollup,
            c.relowner::regrole::text as owner,
            r.name as role_name,
            has_any_column_privilege(
                r.name, c.oid, 'select, insert, update, references'
            ) or has_table_privilege(r.name, c.oid, 'delete, truncate, trigger') as may_anything
        from pg_class as c
        cross join (values ('ahu_read'), ('ahu_write'), ('ahu_pgbouncer'), ('public')) as r (name)
        where c.relnamespace = '_ahu'::regnamespace
            and c.relkind = 'm'
    $$,
    $$
        values
            ('daily_native', 'ahu_owner', 'ahu_read', false),
            ('daily_native', 'ahu_owner', 'ahu_write', false),
            ('daily_native', 'ahu_owner', 'ahu_pgbouncer', false),
            ('daily_native', 'ahu_owner', 'public', false),
            ('monthly_native', 'ahu_owner', 'ahu_read', false),
            ('monthly_native', 'ahu_owner', 'ahu_write', false),
            ('monthly_native', 'ahu_owner', 'ahu_pgbouncer', false),
            ('monthly_native', 'ahu_owner', 'public', false)
    $$,
    'its rollups are the owner''s alone'
);
select ok(
    has_database_privilege('ahu_owner', current_database(), 'temporary'),
    'the owner may make the temporary table of CONCURRENTLY'
);

select * from finish();
