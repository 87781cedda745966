-- Makes the grants on the site's objects follow _ahu.wanted_grants: gives what is missing and takes
-- back what we gave and is no longer wanted. What a role may do already, by whatever way, is left
-- alone.
do $grants$
declare
    v_row record;
begin
    -- A copy (create database ... template), or a database that was renamed, says another name: it
    -- means this one all the same, never the one that it was copied from.
    delete from _ahu.site_grants as g
    using _ahu.site_grants as s
    where g.object_type = 'database'
        and g.object_name <> pg_catalog.quote_ident(pg_catalog.current_database())
        and s.object_type = 'database'
        and s.object_name = pg_catalog.quote_ident(pg_catalog.current_database())
        and s.privilege = g.privilege
        and s.grantee = g.grantee;

    update _ahu.site_grants as g
    set object_name = pg_catalog.quote_ident(pg_catalog.current_database())
    where g.object_type = 'database'
        and g.object_name <> pg_catalog.quote_ident(pg_catalog.current_database());

    for v_row in
        select
            g.object_type,
            g.object_name,
            g.privilege,
            g.grantee
        from _ahu.site_grants as g
        where not exists (
            select
            from _ahu.wanted_grants() as w
            where w.object_type = g.object_type
                and w.object_name = g.object_name
                and w.privilege = g.privilege
                and w.grantee = g.grantee
        )
            and g.object_type <> 'sequence'
    loop
        execute pg_catalog.format(
            'revoke %s on %s %s from %I',
            v_row.privilege,
            v_row.object_type,
            v_row.object_name,
            v_row.grantee
        );
        delete from _ahu.site_grants as g
        where g.object_type = v_row.object_type
            and g.object_name = v_row.object_name
            and g.privilege = v_row.privilege
            and g.grantee = v_row.grantee;
    end loop;

    for v_row in
        -- Materialized: is_granted must not be asked of what the conditions below leave out, an
        -- index that depends on the table as a sequence does.
        with wanted as materialized (
            select
                g.object_type,
                g.object_name,
                g.privilege,
                g.grantee
            from _ahu.wanted_grants() as g
            union all
            -- Numbers of a serial column come from a sequence that the ETL must be able to use.
            select
                'sequence',
                d.objid::pg_catalog.regclass::text,
                'usage',
                'ahu_write'
            from _ahu.source as s
            join pg_catalog.pg_depend as d
                on d.refobjid = pg_catalog.to_regclass(
                    pg_catalog.format('%I.%I', s.table_schema, s.table_name)
                )
            join pg_catalog.pg_class as c
                on c.oid = d.objid
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.deptype = 'a'
                and c.relkind = 'S'
        )
        select
            w.object_type,
            w.object_name,
            w.privilege,
            w.grantee
        from wanted as w
        where not _ahu.is_granted(w.object_type, w.object_name, w.privilege, w.grantee)
    loop
        execute pg_catalog.format(
            'grant %s on %s %s to %I',
            v_row.privilege,
            v_row.object_type,
            v_row.object_name,
            v_row.grantee
        );
        -- A GRANT by a role that may not grant is a mere warning.
        if not _ahu.is_granted(
            v_row.object_type, v_row.object_name, v_row.privilege, v_row.grantee
        ) then
            raise exception 'cannot grant % on % % to %',
                v_row.privilege, v_row.object_type, v_row.object_name, v_row.grantee
                using
                    errcode = 'insufficient_privilege',
                    detail = pg_catalog.format(
                        'Role %I neither owns it nor has the privilege with grant option.',
                        current_user
                    ),
                    hint = 'Connect as its owner or as a superuser, or grant it first.';
        end if;

        insert into _ahu.site_grants (object_type, object_name, privilege, grantee)
        values (v_row.object_type, v_row.object_name, v_row.privilege, v_row.grantee)
        on conflict (object_type, object_name, privilege, grantee) do nothing;
    end loop;
end
$grants$;
