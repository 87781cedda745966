-- Refuses what names no keys, for what a DBA calls with days and AHUs.
create or replace procedure _ahu.require_keys(
    from_day date,
    until_day date,
    ahu_ids text[],
    call_format text
)
set search_path = pg_catalog, pg_temp
language plpgsql
as $require_keys$
declare
    c_longest constant integer := 36600;
    c_example constant text := format(call_format, '''2025-01-01'', ''2025-01-31''');
begin
    if from_day is null or until_day is null
        or least(from_day, until_day) < '0001-01-02'
        or greatest(from_day, until_day) > '9999-12-29'
    then
        raise exception 'from_day and until_day must both be days'
            using
                errcode = 'invalid_parameter_value',
                detail = format(
                    'from_day is %s, until_day is %s; days go from 0001-01-02 to 9999-12-29.',
                    coalesce(from_day::text, 'null'),
                    coalesce(until_day::text, 'null')
                ),
                hint = 'Name the first and the last day: ' || c_example;
    end if;

    if until_day < from_day then
        raise exception 'until_day lies before from_day'
            using
                errcode = 'invalid_parameter_value',
                detail = format('from_day is %s, until_day is %s.', from_day, until_day),
                hint = 'Name the first and the last day, both included: ' || c_example;
    end if;

    if until_day - from_day >= c_longest then
        raise exception 'from_day to until_day is more than a hundred years'
            using
                errcode = 'invalid_parameter_value',
                detail = format('from_day is %s, until_day is %s.', from_day, until_day),
                hint = 'Name the days that have readings.';
    end if;

    if cardinality(ahu_ids) = 0
        or array_ndims(ahu_ids) > 1
        or array_position(ahu_ids, null) is not null
    then
        raise exception 'ahu_ids must name AHUs'
            using
                errcode = 'invalid_parameter_value',
                detail = format('ahu_ids is %s.', ahu_ids),
                hint = 'Pass null for all AHUs, or name some: array[''AHU01'', ''AHU02'']';
    end if;
end
$require_keys$;

comment on procedure _ahu.require_keys(date, date, text[], text) is
    'Raises an error (22023) unless the days are a span and the AHUs, where given, are names. '
    'call_format: the statement that calls, %s for the days, for the HINT.';

revoke all on procedure _ahu.require_keys(date, date, text[], text) from public;
