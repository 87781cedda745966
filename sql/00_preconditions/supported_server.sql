-- Refuses servers that are too old for what follows: transition tables on partitions and MERGE as
-- they are since PostgreSQL 15.
do $supported_server$
begin
    if pg_catalog.current_setting('server_version_num')::integer < 150000 then
        raise exception 'the server is too old for ahu-sql'
            using
                errcode = 'feature_not_supported',
                detail = pg_catalog.format(
                    'This is PostgreSQL %s.',
                    pg_catalog.current_setting('server_version')
                ),
                hint = 'Use PostgreSQL 15 or later.';
    end if;
end
$supported_server$;
