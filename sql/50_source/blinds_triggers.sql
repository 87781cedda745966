-- TimescaleDB before 2.26.4 shows statement triggers the rows of a chunk that is younger than a
-- dropped column with their columns displaced: other AHUs, other times, or a crash of the server.
create or replace function _ahu.blinds_triggers(raw_table regclass)
returns boolean
stable
set search_path = pg_catalog, pg_temp
language plpgsql
as $blinds_triggers$
begin
    return _ahu.is_hypertable(raw_table)
        and exists (
            select
            from pg_attribute as a
            where a.attrelid = raw_table
                and a.attisdropped
        )
        and _ahu.extension_version('timescaledb') < array[2, 26, 4];
end
$blinds_triggers$;

comment on function _ahu.blinds_triggers(regclass) is
    'Whether a column was dropped from a hypertable whose TimescaleDB then shows wrong rows to '
    'triggers.';

revoke all on function _ahu.blinds_triggers(regclass) from public;
