-- What each session does; of others, and of poolers', see test_monitoring.py.
-- needs_sessions: pg_stat_activity does not know even the one that asks there
select plan(14);

select is(
    (
        select
            string_agg(format('%s %s', a.attname, format_type(a.atttypid, null)), ', '
                order by a.attnum)
        from pg_attribute as a
        where a.attrelid = '_ahu.activity'::regclass
            and a.attnum > 0
            and not a.attisdropped
    ),
    'pid integer, database_name text, role_name text, alias text, application_name text, '
    'client_addr inet, state text, state_since timestamp with time zone, '
    'started_at timestamp with time zone, waits_for text, query text, is_client boolean, '
    'is_helper boolean',
    'the columns of _ahu.activity are these, in this order'
);

set local application_name = 'pgtap';
select pg_stat_clear_snapshot();
create view pg_temp.mine as
select
    a.*
from _ahu.activity as a
where a.pid = pg_backend_pid();
create view pg_temp.theirs as
select
    a.*
from pg_stat_activity as a
where a.pid = pg_backend_pid();
select is((select m.database_name from pg_temp.mine as m), current_database()::text, 'where');
select is((select m.role_name from pg_temp.mine as m), session_user::text, 'who logged in');
select is((select m.alias from pg_temp.mine as m), null, 'others'' roles have no alias');
select is((select m.application_name from pg_temp.mine as m), 'pgtap', 'what it calls itself');
select results_eq(
    'select client_addr, query from pg_temp.mine',
    'select client_addr, query from pg_temp.theirs',
    'where it comes from, and what it does'
);
select is((select m.state from pg_temp.mine as m), 'active', 'in which state');
select results_eq(
    'select state_since from pg_temp.mine',
    'select state_change from pg_temp.theirs',
    'since when'
);
select is((select m.started_at from pg_temp.mine as m), now(), 'its transaction''s begin');
select is((select m.waits_for from pg_temp.mine as m), null, 'it waits for nothing');
select ok((select m.is_client from pg_temp.mine as m), 'it is a connection');
select ok((select not m.is_helper from pg_temp.mine as m), 'it works for nobody else');
select results_eq(
    'select count(*) from _ahu.activity',
    'select count(*) from pg_stat_activity',
    'there is a row for each of the server''s processes'
);
-- Superusers are told of all of them.
select is(
    (
        select
            count(*)
        from _ahu.activity as a
        join pg_stat_activity as s
            on s.pid = a.pid
        where a.is_client <> (s.backend_type = 'client backend')
    ),
    0::bigint,
    'none of the server''s own counts as a connection'
);

select * from finish();
