-- What schemas, relations and routines have in common: owner, comment, and what the owner, PUBLIC,
-- our roles and pg_monitor may do. What others were granted is theirs, and not in here. Called by
-- _ahu.describe_objects.
create or replace function _ahu.describe_rights()
returns table (
    name text,
    part text,
    state text,
    is_worded boolean
)
stable
set search_path = pg_catalog, pg_temp
language sql
as $describe_rights$
    with ours as (
        select
            n.oid,
            n.nspname
        from pg_namespace as n
        where n.nspname in ('ahu', '_ahu')
    ),
    objects as (
        select
            quote_ident(o.nspname) as name,
            n.nspowner as owner,
            obj_description(n.oid, 'pg_namespace') as comment,
            coalesce(n.nspacl, acldefault('n', n.nspowner)) as rights,
            null::oid as relation
        from ours as o
        join pg_namespace as n
            on n.oid = o.oid
        union all
        select
            format('%I.%I', o.nspname, c.relname),
            c.relowner,
            obj_description(c.oid, 'pg_class'),
            coalesce(c.relacl, acldefault('r', c.relowner)),
            c.oid
        from ours as o
        join pg_class as c
            on c.relnamespace = o.oid
        where c.relkind in ('r', 'p', 'v', 'm', 'f')
        union all
        select
            p.oid::regprocedure::text,
            p.proowner,
            obj_description(p.oid, 'pg_proc'),
            coalesce(p.proacl, acldefault('f', p.proowner)),
            null
        from ours as o
        join pg_proc as p
            on p.pronamespace = o.oid
    )
    select
        quote_ident(o.nspname),
        'kind',
        'schema',
        false
    from ours as o
    union all
    select
        o.name,
        'owner',
        pg_get_userbyid(o.owner)::text,
        false
    from objects as o
    union all
    select
        o.name,
        'comment',
        o.comment,
        false
    from objects as o
    union all
    select
        o.name,
        'grant to ' || case a.grantee
            when 0 then 'PUBLIC'
            when o.owner then 'the owner'
            else pg_get_userbyid(a.grantee)
        end,
        string_agg(
            lower(a.privilege_type) || a.columns
                || case when a.is_grantable then ' with grant option' else '' end,
            ', ' order by a.privilege_type, a.columns
        ),
        false
    from objects as o
    cross join lateral (
        select
            e.grantee,
            e.privilege_type,
            e.is_grantable,
            '' as columns
        from aclexplode(o.rights) as e
        union all
        select
            e.grantee,
            e.privilege_type,
            e.is_grantable,
            format(' (%I)', c.attname)
        from pg_attribute as c
        cross join lateral aclexplode(c.attacl) as e
        where c.attrelid = o.relation
            and not c.attisdropped
    ) as a
    where (
        a.grantee in (0, o.owner)
        or a.grantee in (
            select
                r.oid
            from pg_roles as r
            where r.rolname in (
                'ahu_owner', 'ahu_pgbouncer', 'ahu_read', 'ahu_write', 'pg_monitor'
            )
        )
    )
        -- Owners have it since PostgreSQL 17, but not of what was dumped or upgraded from before.
        and not (a.grantee = o.owner and a.privilege_type = 'MAINTAIN')
    group by
        o.name,
        o.owner,
        a.grantee
$describe_rights$;

comment on function _ahu.describe_rights() is
    'Owner and comment of each schema, relation and routine of ahu-sql, and what the owner, '
    'PUBLIC, ahu-sql''s roles and pg_monitor were granted on it.';

revoke all on function _ahu.describe_rights() from public;
