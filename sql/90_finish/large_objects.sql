-- Makes PUBLIC's right to create large objects follow _ahu.wanted_revokes. Takes it only where
-- nobody uses large objects, and only what there is; gives back only what we took. Whoever may not
-- act as the functions' owner, who is a superuser, leaves all as it is, and `ahu-sql install` says
-- so.
do $large_objects$
declare
    v_row record;
begin
    for v_row in
        select
            r.function_name
        from _ahu.site_revokes as r
        join pg_catalog.pg_proc as p
            on p.oid = pg_catalog.to_regprocedure(r.function_name)
        where not exists (
            select
            from _ahu.wanted_revokes() as w
            where w.function_name = r.function_name
        )
            and pg_catalog.pg_has_role(p.proowner, 'usage')
    loop
        execute pg_catalog.format('grant execute on function %s to public', v_row.function_name);
        delete from _ahu.site_revokes as r
        where r.function_name = v_row.function_name;
    end loop;

    for v_row in
        select
            w.function_name
        from _ahu.wanted_revokes() as w
        join pg_catalog.pg_proc as p
            on p.oid = pg_catalog.to_regprocedure(w.function_name)
        where pg_catalog.pg_has_role(p.proowner, 'usage')
            -- What PUBLIC has from its owner, that is: another's grant a REVOKE would not touch.
            and exists (
                select
                from pg_catalog.aclexplode(
                    coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
                ) as a
                where a.grantor = p.proowner
                    and a.grantee = 0
            )
            and not exists (
                select
                from pg_catalog.pg_largeobject_metadata as m
            )
    loop
        execute pg_catalog.format(
            'revoke execute on function %s from public', v_row.function_name
        );
        insert into _ahu.site_revokes (function_name)
        values (v_row.function_name)
        on conflict (function_name) do nothing;
    end loop;
end
$large_objects$;
