-- Refuses a standby: nothing can be written there, and what the primary has arrives by itself.
do $primary_server$
begin
    if pg_catalog.pg_is_in_recovery() then
        raise exception 'the server is a standby'
            using
                errcode = 'read_only_sql_transaction',
                detail = 'It is in recovery and only replays what its primary writes.',
                hint = 'Connect to the primary; the standby receives everything from there.';
    end if;
end
$primary_server$;
