-- The refresh: Airflow's last step, one CALL. All of it is one transaction, the caller's: no COMMIT
-- in here, for a procedure that commits can be neither SECURITY DEFINER nor pin its search_path,
-- and fails inside BEGIN. Locks: the refresh lock; access share on the raw table; row locks in our
-- tables.
create or replace procedure ahu.refresh_dashboard_views(
    in wait_for interval default '5 minutes',
    in max_days integer default null,
    inout outcome text default null,
    inout days integer default null,
    inout keys bigint default null,
    inout readings bigint default null,
    inout quarantined bigint default null,
    inout days_pending integer default null
)
-- The ETL may call it and has no right on the rollups and the log.
security definer
set search_path = pg_catalog, pg_temp
-- Its statements are many and short: compiling one would take longer than running it.
set jit = off
language plpgsql
as $refresh_dashboard_views$
declare
    v_started_at timestamptz := clock_timestamp();
    v_strategy text;
    v_tracking text;
    v_days date[];
begin
    if wait_for is null or wait_for < interval '0' then
        raise exception 'wait_for must be zero or more'
            using
                errcode = 'invalid_parameter_value',
                detail = format('wait_for is %s.', coalesce(wait_for::text, 'null')),
                hint = 'Pass a time to wait for a refresh that is running, or 0 to skip at once: '
                    'call ahu.refresh_dashboard_views(wait_for => ''0'')';
    end if;

    if max_days < 1 then
        raise exception 'max_days must be one or more'
            using
                errcode = 'invalid_parameter_value',
                detail = format('max_days is %s.', max_days),
                hint = 'Pass how many days one call may fold, or leave it out for all: '
                    'call ahu.refresh_dashboard_views(max_days => 31)';
    end if;

    days := 0;
    keys := 0;
    readings := 0;
    quarantined := 0;

    if not _ahu.acquire_refresh_lock(wait_for) then
        outcome := 'skipped';
        days_pending := (select count(distinct p.day) from _ahu.pending_changes as p);
        raise notice 'skipped: another refresh is running';
        return;
    end if;

    select
        s.strategy,
        s.tracking
    into v_strategy, v_tracking
    from _ahu.source as s;

    if v_strategy = 'native' then
        call _ahu.refresh_native(outcome, days, keys, readings);
        days_pending := 0;
        if outcome = 'skipped' then
            return;
        end if;
    else
        if v_tracking = 'lookback' then
            call _ahu.mark_lookback();
        end if;

        -- What has waited for longest comes first, so that batches reach everything however much
        -- comes in meanwhile; among days of one age, as in a backfill, the newest.
        v_days := array(
            select
                p.day
            from _ahu.pending_changes as p
            group by p.day
            order by
                min(p.logged_at),
                p.day desc
            limit max_days
        );
        days := cardinality(v_days);
        outcome := case when days > 0 then 'refreshed' else 'nothing pending' end;
        if days > 0 then
            call _ahu.take_turn();
            call _ahu.fold(v_days, keys, readings, quarantined);
        end if;

        days_pending := (select count(distinct p.day) from _ahu.pending_changes as p);
    end if;

    insert into _ahu.refresh_run (
        started_at,
        finished_at,
        called_by,
        outcome,
        days,
        keys,
        readings,
        quarantined,
        days_pending
    )
    values (
        v_started_at,
        clock_timestamp(),
        session_user,
        outcome,
        days,
        keys,
        readings,
        quarantined,
        days_pending
    );

    delete from _ahu.refresh_run as r
    where r.started_at < v_started_at - (select s.keep_runs from ahu.settings as s);
end
$refresh_dashboard_views$;

comment on procedure ahu.refresh_dashboard_views(
    interval, integer, text, integer, bigint, bigint, bigint, integer
) is
    'Brings the rollups up to date with the raw table, in the caller''s one transaction: the three '
    'views move together or not at all. wait_for: how long to wait for another refresh; 0: skip at '
    'once. max_days: how many days to fold at most, those that wait for longest; null: all, and no '
    'limit to the strategy native. outcome: refreshed, nothing pending, or skipped. days: how many '
    'days were brought up to date. keys: how many of their keys. readings: how many raw readings '
    'the summaries of these keys add up. quarantined: how many of the keys went to, or stayed in, '
    'quarantine. days_pending: how many days with pending changes are left. Error 22023: wait_for '
    'is null or negative, or max_days is less than 1; 55P03: another refresh took longer than '
    'wait_for; 40001: the transaction''s snapshot is older than the last refresh, or than a '
    'rewrite of the raw table (begin it anew); 42809, 42804: the raw table is none any more, or '
    'has columns of types that somebody has made.';

revoke all on procedure ahu.refresh_dashboard_views(
    interval, integer, text, integer, bigint, bigint, bigint, integer
) from public;

grant execute on procedure ahu.refresh_dashboard_views(
    interval, integer, text, integer, bigint, bigint, bigint, integer
) to ahu_write;
