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
        and pg_catalog.to_regclass('_ahu.ledger') is null;

    if v_schemas is not null then
        raise exception 'schema % exists already and was not made by ahu-sql', v_schemas
            using
                errcode = 'duplicate_schema',
                detail = 'The schemas ahu and _ahu are ahu-sql''s own; there is no ledger in _ahu.',
                hint = 'Rename or drop that schema first: alter schema ... rename to ...';
    end if;
end
$schemas_are_ours$;
