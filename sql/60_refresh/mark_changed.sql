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
begin
    call _ahu.require_keys(
        mark_changed.from_day,
        mark_changed.until_day,
        mark_changed.ahu_ids,
        'call ahu.mark_changed(%s)'
    );

    if mark_changed.trust_raw is null then
        raise exception 'trust_raw must be true or false'
            using
                errcode = 'invalid_parameter_value',
                detail = 'trust_raw is null.',
                hint = 'Leave trust_raw out, or pass true where raw is the truth: '
                    'call ahu.mark_changed(''2025-01-01'', ''2025-01-31'', trust_raw => true)';
    end if;

    if (select s.strategy from _ahu.source as s) = 'native' then
        raise notice 'nothing to mark: the strategy native reads all readings at each refresh';
        return;
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
    'Marks days as pending, for the next refresh to recompute; does nothing under the strategy '
    'native. from_day: the first of them, a date in the site''s time zone. until_day: the last '
    'one, included. ahu_ids: the AHUs; null: all. trust_raw: what raw says now is the truth, even '
    'where it has fewer readings than the summary. Error 22023: no days, no AHUs, or trust_raw is '
    'null.';

revoke all on procedure ahu.mark_changed(date, date, text[], boolean) from public;
