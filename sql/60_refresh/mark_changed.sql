-- A DBA's way to say: recompute these. Writes to the log, as the triggers do; the next refresh
-- folds.
create or replace procedure ahu.mark_changed(
    from_day date,
    until_day date,
    ahu_ids text[] default null,
    trust_raw boolean default false
)
set search_path = pg_catalog, pg_temp
language plpgsql
as $mark_changed$
#variable_conflict use_column
declare
    c_longest constant integer := 36600;
begin
    if mark_changed.from_day is null or mark_changed.until_day is null
        or least(mark_changed.from_day, mark_changed.until_day) < '0001-01-02'
        or greatest(mark_changed.from_day, mark_changed.until_day) > '9999-12-29'
    then
        raise exception 'from_day and until_day must both be days'
            using
                errcode = 'invalid_parameter_value',
                detail = format(
                    'from_day is %s, until_day is %s; days go from 0001-01-02 to 9999-12-29.',
                    coalesce(mark_changed.from_day::text, 'null'),
                    coalesce(mark_changed.until_day::text, 'null')
                ),
                hint = 'Name the first and the last day: '
                    'call ahu.mark_changed(''2025-01-01'', ''2025-01-31'')';
    end if;

    if mark_changed.until_day < mark_changed.from_day then
        raise exception 'until_day lies before from_day'
            using
                errcode = 'invalid_parameter_value',
                detail = format(
                    'from_day is %s, until_day is %s.',
                    mark_changed.from_day,
                    mark_changed.until_day
                ),
                hint = 'Name the first and the last day, both included: '
                    'call ahu.mark_changed(''2025-01-01'', ''2025-01-31'')';
    end if;

    if mark_changed.until_day - mark_changed.from_day >= c_longest then
        raise exception 'from_day to until_day is more than a hundred years'
            using
                errcode = 'invalid_parameter_value',
                detail = format(
                    'from_day is %s, until_day is %s.',
                    mark_changed.from_day,
                    mark_changed.until_day
                ),
                hint = 'Name the days that have readings.';
    end if;

    if mark_changed.trust_raw is null
        or cardinality(mark_changed.ahu_ids) = 0
        or array_ndims(mark_changed.ahu_ids) > 1
        or array_position(mark_changed.ahu_ids, null) is not null
    then
        raise exception 'ahu_ids must name AHUs and trust_raw must be true or false'
            using
                errcode = 'invalid_parameter_value',
                detail = format(
                    'ahu_ids is %s, trust_raw is %s.',
                    coalesce(mark_changed.ahu_ids::text, 'null'),
                    coalesce(mark_changed.trust_raw::text, 'null')
                ),
                hint = 'Leave ahu_ids out for all AHUs, or name some: array[''AHU01'', ''AHU02'']';
    end if;

    insert into _ahu.pending_changes (reason, day, ahu_ids, trust_raw)
    select
        'mark_changed',
        mark_changed.from_day + d.days,
        mark_changed.ahu_ids,
        mark_changed.trust_raw
    from generate_series(0, mark_changed.until_day - mark_changed.from_day) as d (days);
end
$mark_changed$;

comment on procedure ahu.mark_changed(date, date, text[], boolean) is
    'Marks the days from_day to until_day, both included, as pending; ahu_ids null: all AHUs. '
    'trust_raw: what raw says now is the truth, even where it has fewer readings than the summary.';

revoke all on procedure ahu.mark_changed(date, date, text[], boolean) from public;
