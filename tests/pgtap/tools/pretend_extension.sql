-- From here to the end of the test the database says that it has an extension, and has nothing of
-- it but this row. A real one is dropped as long.
create procedure tap.pretend_extension(name text, version text)
language plpgsql
as $pretend_extension$
begin
    execute format('drop extension if exists %I cascade', pretend_extension.name);
    insert into pg_extension (
        oid, extname, extowner, extnamespace, extrelocatable, extversion
    )
    select
        coalesce(max(e.oid::bigint), 0) + 1000000,
        pretend_extension.name,
        'postgres'::regrole,
        'public'::regnamespace,
        false,
        pretend_extension.version
    from pg_extension as e;
end
$pretend_extension$;
