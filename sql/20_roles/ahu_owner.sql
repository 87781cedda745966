-- The owner of all our objects. Nobody logs in as this role; its right on the raw table is select.
do $ahu_owner$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'ahu_owner') then
        begin
            create role ahu_owner nologin;
            comment on role ahu_owner is
                'Owns the objects of ahu-sql, cannot log in (made by ahu-sql).';
        exception
            -- An install in another database of this server was faster.
            when duplicate_object or unique_violation then
                null;
        end;
    end if;

    -- An installer that is no superuser must be a member to create objects for the owner. Having
    -- made the role is not enough: since PostgreSQL 16 that gives the right to administer it alone.
    if not pg_catalog.pg_has_role(current_user, 'ahu_owner', 'usage') then
        execute pg_catalog.format('grant ahu_owner to %I', current_user);
    end if;
end
$ahu_owner$;

alter schema ahu owner to ahu_owner;
alter schema _ahu owner to ahu_owner;
