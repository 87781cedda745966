-- An interval as cron writes it: only what comes out even, for "every 7 minutes" would jump at each
-- full hour. Seconds are known to pg_cron since 1.5.
create or replace function _ahu.pg_cron_expression(every interval)
returns text
stable
set search_path = pg_catalog, pg_temp
language plpgsql
as $pg_cron_expression$
declare
    v_seconds numeric := extract(epoch from every);
    v_knows_seconds boolean := _ahu.extension_version('pg_cron') >= array[1, 5];
    v_expression text := case
        when v_seconds <> trunc(v_seconds) then null
        when v_seconds < 60 and v_knows_seconds then v_seconds::integer || ' seconds'
        when v_seconds = 60 then '* * * * *'
        when v_seconds < 3600 and mod(3600, v_seconds) = 0 and mod(v_seconds, 60) = 0
        then format('*/%s * * * *', (v_seconds / 60)::integer)
        when v_seconds = 3600 then '0 * * * *'
        when v_seconds < 86400 and mod(86400, v_seconds) = 0 and mod(v_seconds, 3600) = 0
        then format('0 */%s * * *', (v_seconds / 3600)::integer)
        when v_seconds = 86400 then '0 0 * * *'
    end;
begin
    if v_expression is null then
        raise exception 'pg_cron cannot run a job every %', every
            using
                errcode = 'invalid_parameter_value',
                detail = 'It goes by the clock: minutes that divide an hour, hours that divide a '
                    'day, a day'
                    || case when v_knows_seconds then ', 1 to 59 seconds.' else '.' end,
                hint = 'Choose one of those, such as: call ahu.schedule_refresh(''6 minutes'')';
    end if;

    return v_expression;
end
$pg_cron_expression$;

comment on function _ahu.pg_cron_expression(interval) is
    'The interval in cron''s language. Error 22023: cron cannot say it.';

revoke all on function _ahu.pg_cron_expression(interval) from public;
