"""What catalog.py asks the database."""

from __future__ import annotations

RELATIONS = """
    select
        c.oid,
        format('%s.%s', n.nspname, c.relname),
        case c.relkind when 'r' then 'table' when 'v' then 'view' else 'materialized view' end,
        coalesce(obj_description(c.oid, 'pg_class'), '')
    from pg_class as c
    join pg_namespace as n
        on n.oid = c.relnamespace
    where n.nspname in ('ahu', '_ahu')
        and c.relkind in ('r', 'v', 'm')
    order by c.relname
"""
COLUMNS = """
    select
        a.attname,
        format_type(a.atttypid, a.atttypmod),
        coalesce(pg_get_expr(d.adbin, d.adrelid), ''),
        coalesce(col_description(a.attrelid, a.attnum), '')
    from pg_attribute as a
    left join pg_attrdef as d
        on d.adrelid = a.attrelid
        and d.adnum = a.attnum
    where a.attrelid = %s
        and a.attnum > 0
        and not a.attisdropped
    order by a.attnum
"""
CHECKS = """
    select
        array(
            select
                a.attname::text
            from pg_attribute as a
            where a.attrelid = k.conrelid
                and a.attnum = any (k.conkey)
            order by a.attnum
        ),
        pg_get_constraintdef(k.oid)
    from pg_constraint as k
    where k.conrelid = %s
        and k.contype = 'c'
    order by k.conname
"""
ROUTINES = """
    select
        p.oid,
        format('%s.%s', n.nspname, p.proname),
        case p.prokind when 'p' then 'procedure' else 'function' end,
        coalesce(pg_get_function_result(p.oid), ''),
        case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
        p.prosecdef,
        coalesce(obj_description(p.oid, 'pg_proc'), ''),
        p.prosrc
    from pg_proc as p
    join pg_namespace as n
        on n.oid = p.pronamespace
    where n.nspname in ('ahu', '_ahu')
    order by p.proname
"""
PARAMETERS = """
    select
        coalesce(p.proargnames[a.place], ''),
        coalesce(p.proargmodes[a.place], 'i'),
        format_type(a.type_id, null),
        pg_get_function_arg_default(p.oid, a.place::integer)
    from pg_proc as p
    cross join lateral unnest(coalesce(p.proallargtypes, p.proargtypes)) with ordinality
        as a (type_id, place)
    where p.oid = %s
    order by a.place
"""
ROLE = """
    select
        r.rolname,
        coalesce(shobj_description(r.oid, 'pg_authid'), ''),
        r.rolcanlogin,
        r.rolconnlimit,
        coalesce(s.setconfig, '{}')
    from unnest(%s::text[]) with ordinality as o (role_name, place)
    join pg_roles as r
        on r.rolname = o.role_name
    left join pg_db_role_setting as s
        on s.setrole = r.oid
        and s.setdatabase = (
            select
                d.oid
            from pg_database as d
            where d.datname = current_database()
        )
    order by o.place
"""
GRANTS = """
    select
        o.name,
        lower(a.privilege_type),
        r.rolname::text
    from (
        select
            n.oid as schema_id,
            n.nspname::text as name,
            n.nspacl as rights
        from pg_namespace as n
        union all
        select
            c.relnamespace,
            format('%%s.%%s', c.relnamespace::regnamespace, c.relname),
            c.relacl
        from pg_class as c
        union all
        select
            p.pronamespace,
            format('%%s.%%s', p.pronamespace::regnamespace, p.proname),
            p.proacl
        from pg_proc as p
    ) as o
    cross join lateral aclexplode(o.rights) as a
    join pg_roles as r
        on r.oid = a.grantee
    where o.schema_id in ('ahu'::regnamespace, '_ahu'::regnamespace)
        and r.rolname = any (%s)
    order by
        o.name,
        a.privilege_type,
        r.rolname
"""
SITE_GRANTS = """
    select
        case g.object_type
            when 'database' then replace(g.object_name, %s, 'the database')
            when 'schema' then 'schema ' || g.object_name
            else g.object_name
        end,
        g.privilege,
        g.grantee
    from _ahu.site_grants as g
    order by
        array_position(array['database', 'schema', 'table', 'sequence'], g.object_type),
        g.object_name,
        g.privilege,
        g.grantee
"""
REVOKES = """
    select
        r.function_name
    from _ahu.site_revokes as r
    order by r.function_name
"""
TRIGGERS = """
    select
        t.tgname::text,
        t.tgfoid::regproc::text
    from _ahu.source as s
    join pg_trigger as t
        on t.tgrelid = to_regclass(format('%I.%I', s.table_schema, s.table_name))
    where not t.tgisinternal
    order by t.tgname
"""
# a routine's name has its types, here as elsewhere: what is before the bracket is enough
ROOMS = """
    select distinct
        split_part(s.name, '(', 1),
        regexp_replace(s.path, '/[^/]*$', '')
    from _ahu.object_state as s
    where s.name like '%ahu.%'
"""
