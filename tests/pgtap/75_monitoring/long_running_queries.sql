-- What runs for long, as pg_monitor sees it; of several sessions, see test_monitoring.py.
select plan(3);

select is(
    (
        select
            string_agg(format('%s %s', a.attname, format_type(a.atttypid, null)), ', '
                order by a.attnum)
        from pg_attribute as a
        where a.attrelid = 'ahu.long_running_queries'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'pid integer, role_name text, alias text, application_name text, client_addr inet, '
    'state text, state_since timestamp with time zone, started_at timestamp with time zone, '
    'running_for interval, waits_for text, blocked_by integer[], query text',
    'the columns of ahu.long_running_queries are these, in this order'
);

update ahu.settings
set long_running_after = '0';
set local role pg_monitor;
select is(
    (select count(*) from ahu.long_running_queries as q where q.pid = pg_backend_pid()),
    0::bigint,
    'the reader is not among them'
);
reset role;
delete from ahu.settings;
select lives_ok('table ahu.long_running_queries', 'without settings it answers');

select * from finish();
