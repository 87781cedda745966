-- What TimescaleDB's scheduler calls: a refresh that never waits.
select plan(6);

call tap.add('2024-03-01 12:00+09', 'AHU01', 1);
call tap.add('2024-03-02 12:00+09', 'AHU01', 1);
call tap.add('2024-03-03 12:00+09', 'AHU01', 1);
call _ahu.refresh_job(1000, '{"max_days": 2}');
select is(
    (select count(*) from _ahu.daily_rollup),
    2::bigint,
    'it folds as many days as its config says'
);
call _ahu.refresh_job(1000, '{}');
select is((select count(*) from _ahu.daily_rollup), 3::bigint, 'and all that is left without it');
call tap.add('2024-03-04 12:00+09', 'AHU01', 1);
call _ahu.refresh_job(null, null);
select is((select count(*) from _ahu.daily_rollup), 4::bigint, 'or with no config at all');
select results_eq(
    'select days, outcome, called_by = session_user from ahu.refresh_runs order by run_id',
    $$
        values
            (2, 'refreshed', true),
            (1, 'refreshed', true),
            (1, 'refreshed', true)
    $$,
    'each run is on record'
);

-- It never waits: a refresh that is running does the work.
create or replace function _ahu.acquire_refresh_lock(wait_for interval)
returns boolean
language plpgsql
as $acquire_refresh_lock$
begin
    if wait_for <> interval '0' then
        raise exception 'it would wait for %', wait_for;
    end if;
    return false;
end
$acquire_refresh_lock$;
call tap.add('2024-03-05 12:00+09', 'AHU01', 1);
select lives_ok(
    'call _ahu.refresh_job(1000, ''{}'')', 'while another refresh runs it does not wait'
);
select is((select count(*) from _ahu.daily_rollup), 4::bigint, 'but skips');

select * from finish();
