-- The refresh of the strategy native: both materialized views, raw read once. CONCURRENTLY wherever
-- PostgreSQL can; else readers would wait, so only in the hours that are set for it. Called by
-- ahu.refresh_dashboard_views, which holds the refresh lock.
create or replace procedure _ahu.refresh_native(
    inout outcome text,
    inout days integer,
    inout keys bigint,
    inout readings bigint
)
set search_path = pg_catalog, pg_temp
-- A client's setting; with it PostgreSQL (15 to 18) makes REFRESH ... CONCURRENTLY a syntax error.
set quote_all_identifiers = off
language plpgsql
as $refresh_native$
declare
    -- In this order: the monthly one is summed up from the daily one.
    c_rollups constant text[] := array['daily_native', 'monthly_native'];
    v_rollup text;
    v_blocking text;
    v_cures text;
begin
    select
        string_agg('_ahu.' || r.rollup, ', ' order by r.rollup),
        string_agg(
            case
                when not c.relispopulated
                then format('refresh materialized view _ahu.%I', r.rollup)
                else format(
                    'create unique index on _ahu.%I (%s, ahu_id)',
                    r.rollup,
                    case r.rollup when 'daily_native' then 'day' else 'month' end
                )
            end,
            '; ' order by r.rollup
        )
    into v_blocking, v_cures
    from unnest(c_rollups) as r (rollup)
    join pg_class as c
        on c.oid = format('_ahu.%I', r.rollup)::regclass
    where not _ahu.is_concurrent(c.oid);

    if v_blocking is not null and not _ahu.is_low_traffic(clock_timestamp()) then
        outcome := 'skipped';
        raise warning 'skipped: % cannot be refreshed without making readers wait', v_blocking
            using
                detail = 'It was never filled, or has lost its unique index, and this is none of '
                    'the hours in which readers may wait.',
                hint = format('Put it right: %s. ', v_cures)
                    || 'Or set such hours: update ahu.settings set low_traffic_from = ''02:00'', '
                    'low_traffic_until = ''04:00''';
        return;
    end if;

    call _ahu.take_turn();
    call _ahu.hold_readings(null, null);

    foreach v_rollup in array c_rollups
    loop
        execute format(
            'refresh materialized view %s _ahu.%I',
            case when _ahu.is_concurrent(format('_ahu.%I', v_rollup)::regclass)
                then 'concurrently'
                else ''
            end,
            v_rollup
        );
    end loop;

    outcome := 'refreshed';
    execute 'select count(distinct d.day), count(*), coalesce(sum(d.readings), 0) '
        'from _ahu.daily_native as d'
    into days, keys, readings;
end
$refresh_native$;

comment on procedure _ahu.refresh_native(text, integer, bigint, bigint) is
    'Refreshes the materialized views of the strategy native. Answers with the outcome (refreshed, '
    'or skipped with a warning), and the days, keys and readings that they sum up.';

revoke all on procedure _ahu.refresh_native(text, integer, bigint, bigint) from public;
