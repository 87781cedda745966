-- Refuses to move into schemas that somebody else built.
do $schemas_are_ours$
declare
    v_schemas text;
begin
    select
        pg_catalog.string_agg(n.nspname, ', ' order by n.nspname)
    into v_schemas
    from pg_catalog.pg_namespace as n
    where n.nspname in ('ahu', '_ahu')
        -- A table of our owner, in schemas of our owner: whoever may create schemas could lay out
        -- a view of that name, to be read by a superuser.
        and not exists (
            select
            from pg_catalog.pg_class as c
            join pg_catalog.pg_namespace as s
                on s.oid = c.relnamespace
            join pg_catalog.pg_roles as r
                on r.oid = c.relowner
                and r.oid = s.nspowner
            where s.nspname = '_ahu'
                and c.relname = 'ledger'
                and c.relkind = 'r'
                and r.rolname = 'ahu_owner'
                and n.nspowner = r.oid
        );

    if v_schemas is not null then
        raise exception 'schema % exists already and was not made by ahu-sql', v_schemas
            using
                errcode = 'duplicate_schema',
                detail = 'The schemas ahu and _ahu are ahu-sql''s own; there is no ledger in _ahu '
                    'that is ahu_owner''s.',
                hint = 'Rename or drop that schema first: alter schema ... rename to ...';
    end if;
end
$schemas_are_ours$;
