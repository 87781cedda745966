-- What our roles may do in the whole server, and which of them is a member of another. Their limits
-- are not in here: those follow _ahu.wanted_limits. Called by _ahu.describe_objects.
create or replace function _ahu.describe_roles()
returns table (
    name text,
    part text,
    state text,
    is_worded boolean
)
stable
set search_path = pg_catalog, pg_temp
language sql
as $describe_roles$
    with ours as (
        select
            r.oid,
            r.rolname::text as name,
            r.rolcanlogin,
            r.rolinherit,
            r.rolsuper,
            r.rolcreatedb,
            r.rolcreaterole,
            r.rolreplication,
            r.rolbypassrls
        from pg_roles as r
        where r.rolname in ('ahu_owner', 'ahu_pgbouncer', 'ahu_read', 'ahu_write')
    )
    select
        o.name,
        p.part,
        p.state,
        false
    from ours as o
    cross join lateral (
        values
            ('kind', 'role'),
            ('comment', shobj_description(o.oid, 'pg_authid')),
            ('attribute login', case when o.rolcanlogin then 'login' else 'nologin' end),
            ('attribute inherit', case when o.rolinherit then 'inherit' else 'noinherit' end),
            ('attribute superuser', case when o.rolsuper then 'superuser' end),
            ('attribute createdb', case when o.rolcreatedb then 'createdb' end),
            ('attribute createrole', case when o.rolcreaterole then 'createrole' end),
            ('attribute replication', case when o.rolreplication then 'replication' end),
            ('attribute bypassrls', case when o.rolbypassrls then 'bypassrls' end)
    ) as p (part, state)
    union all
    select distinct
        o.name,
        'membership in ' || g.name,
        'member',
        false
    from pg_auth_members as m
    join ours as o
        on o.oid = m.member
    join ours as g
        on g.oid = m.roleid
$describe_roles$;

comment on function _ahu.describe_roles() is
    'Parts of the roles ahu_owner, ahu_read, ahu_write and ahu_pgbouncer: attributes, comment, and '
    'memberships among them.';

revoke all on function _ahu.describe_roles() from public;
