-- Refuses to move into schemas that somebody else built. Whoever may create schemas could lay out a
-- ledger of that name, to be read by a superuser; in schemas of our owner nobody else can.
do $schemas_are_ours$
declare
    v_schemas text;
begin
    select
        pg_catalog.string_agg(n.nspname, ', ' order by n.nspname)
    into v_schemas
    from pg_catalog.pg_namespace as n
    where n.nspname in ('ahu', '_ahu')
        and (
            not exists (
                select
                from pg_catalog.pg_roles as r
                where r.oid = n.nspowner
                    and r.rolname = 'ahu_owner'
            )
            or exists (
                select
                from pg_catalog.pg_class as c
                where c.relnamespace = n.oid
                    and n.nspname = '_ahu'
                    and c.relname = 'ledger'
                    and (c.relkind <> 'r' or c.relowner <> n.nspowner)
            )
        );

    if v_schemas is not null then
        raise exception 'schema % exists already and was not made by ahu-sql', v_schemas
            using
                errcode = 'duplicate_schema',
                detail = 'The schemas ahu and _ahu are ahu-sql''s own, and ahu_owner''s; there is no '
                    'ledger in _ahu that is.',
                hint = 'Rename or drop that schema first: alter schema ... rename to ... Where it is '
                    'ahu-sql''s, and somebody gave it or its ledger to another role: alter schema '
                    '... owner to ahu_owner; alter table _ahu.ledger owner to ahu_owner';
    end if;
end
$schemas_are_ours$;
