-- Refuses a config that _ahu.refresh_job does not understand, when a DBA sets it with alter_job.
create or replace function _ahu.check_refresh_job(config jsonb)
returns void
immutable
set search_path = pg_catalog, pg_temp
language plpgsql
as $check_refresh_job$
begin
    if jsonb_typeof(config) is distinct from 'object'
        or config - 'max_days' <> '{}'
        or config ? 'max_days' and (
            jsonb_typeof(config -> 'max_days') <> 'number'
            or config ->> 'max_days' !~ '^[1-9][0-9]{0,5}$'
        )
    then
        raise exception 'the refresh job cannot have this config'
            using
                errcode = 'invalid_parameter_value',
                detail = format('It is %s.', coalesce(config::text, 'null')),
                hint = 'Pass {} or a number of days to fold in one run, such as {"max_days": 31}.';
    end if;
end
$check_refresh_job$;

comment on function _ahu.check_refresh_job(jsonb) is
    'Check function of the refresh job. Error 22023 unless the config is {} or has max_days, a '
    'whole number of 1 or more.';

revoke all on function _ahu.check_refresh_job(jsonb) from public;
