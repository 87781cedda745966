-- The ETL's role. Its limits are set in 90_finish, with what was there before.
do $ahu_write$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'ahu_write') then
        begin
            create role ahu_write login;
            comment on role ahu_write is
                'ETL: may write readings and call the refresh, no more (made by ahu-sql).';
        exception
            -- An install in another database of this server was faster.
            when duplicate_object or unique_violation then
                null;
        end;
    end if;
end
$ahu_write$;

grant usage on schema ahu to ahu_write;
