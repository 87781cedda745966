-- A month that is wrong by itself is summed up again, and nothing else is touched.
-- needs_sessions: who holds a lock is not to be seen there
select plan(4);

call tap.add('2024-03-01 12:00+09', 'AHU01', 3);
call tap.add('2024-03-01 12:00+09', 'AHU02', 4);
call tap.add('2024-04-01 12:00+09', 'AHU01', 5);
call ahu.refresh_dashboard_views();
call tap.drop_silently('true');
update _ahu.monthly_rollup
set electricity_cost = 0;
insert into _ahu.monthly_rollup (month, ahu_id, readings)
values ('2024-03-01', 'AHU09', 1);

call _ahu.repair_month('2024-03-01', array['AHU01', 'AHU09']);
select results_eq(
    'select line from tap.stored_months',
    $$values ('03 AHU01 3 3'), ('03 AHU02 4 0'), ('04 AHU01 5 0')$$,
    'of the month and AHUs that are named, from the days; one without days goes'
);
select is_empty('select day from _ahu.pending_changes', 'no day is marked');
select is_empty(
    'select day from _ahu.quarantine',
    'and none goes to quarantine whose raw readings are gone'
);
select isnt_empty(
    $$
        select
        from pg_locks as l
        where l.pid = pg_backend_pid()
            and l.locktype = 'advisory'
            and (l.classid::bigint << 32 | l.objid::bigint) = _ahu.refresh_lock()
    $$,
    'no refresh runs meanwhile'
);

select * from finish();
