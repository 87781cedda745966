-- The dashboards' role. Its limits are set in 90_finish, with what was there before.
do $ahu_read$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'ahu_read') then
        begin
            create role ahu_read login;
            comment on role ahu_read is
                'Dashboards: may read the views of schema ahu and nothing else (made by ahu-sql).';
        exception
            -- An install in another database of this server was faster.
            when duplicate_object or unique_violation then
                null;
        end;
    end if;
end
$ahu_read$;

grant usage on schema ahu to ahu_read;
