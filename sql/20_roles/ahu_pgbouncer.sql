-- The pooler's own role, as which pgbouncer asks for the passwords of those who log in through it.
-- Its limits are set in 90_finish, with what was there before.
do $ahu_pgbouncer$
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = 'ahu_pgbouncer') then
        begin
            create role ahu_pgbouncer login;
            comment on role ahu_pgbouncer is
                'pgbouncer: may look up the passwords of ahu_read and ahu_write, no more (made by '
                'ahu-sql).';
        exception
            -- An install in another database of this server was faster.
            when duplicate_object or unique_violation then
                null;
        end;
    end if;
end
$ahu_pgbouncer$;

grant usage on schema ahu to ahu_pgbouncer;
