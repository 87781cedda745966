-- Limits of a role are set in this database alone, and can be taken off again.
select plan(9);

create view pg_temp.limits as
select
    s.setdatabase <> 0 as in_this_database_only,
    c.item
from pg_db_role_setting as s
join pg_roles as r
    on r.oid = s.setrole
cross join lateral unnest(s.setconfig) as c (item)
where r.rolname = 'ahu_read'
    and s.setdatabase in (
        0,
        (select d.oid from pg_database as d where d.datname = current_database())
    );

call _ahu.limit_role('ahu_read', 'statement_timeout', '7s');
select is(
    (select array_agg(l.item) from pg_temp.limits as l where l.item ~ '^statement_timeout'),
    array['statement_timeout=7s'],
    'a limit is replaced'
);
call _ahu.limit_role('ahu_read', 'work_mem', '5MB');
select results_eq(
    'select in_this_database_only, item = ''work_mem=5MB'' from pg_temp.limits
        where item ~ ''^work_mem''',
    'values (true, true)',
    'a limit is set in this database only'
);
call _ahu.limit_role('ahu_read', 'work_mem', null);
select is_empty(
    'select item from pg_temp.limits where item ~ ''^work_mem''',
    'null takes a limit off'
);
call _ahu.limit_role('ahu_read', 'search_path', 'ahu, "Odd, name"');
select is(
    (select array_agg(l.item) from pg_temp.limits as l where l.item ~ '^search_path'),
    array['search_path=ahu, "Odd, name"'],
    'a search_path is a list of names'
);
call _ahu.limit_role('ahu_read', 'search_path', null);
select is_empty(
    'select item from pg_temp.limits where item ~ ''^search_path''',
    'null takes a search_path off'
);
do $empty_search_path$
begin
    execute format('alter role ahu_read in database %I set search_path = ''''', current_database());
end
$empty_search_path$;
select is(
    (select array_agg(l.item) from pg_temp.limits as l where l.item ~ '^search_path'),
    array['search_path=""'],
    'an empty search_path is remembered as ""'
);
call _ahu.limit_role('ahu_read', 'search_path', 'ahu');
call _ahu.limit_role('ahu_read', 'search_path', '""');
select is(
    (select array_agg(l.item) from pg_temp.limits as l where l.item ~ '^search_path'),
    array['search_path=""'],
    'and given back as that'
);
call _ahu.limit_role('ahu_read', 'connection limit', '3');
select is(
    (select r.rolconnlimit from pg_roles as r where r.rolname = 'ahu_read'),
    3,
    'a connection limit is the role''s own'
);
call _ahu.limit_role('ahu_read', 'application_name', 'it''s; drop role ahu_write');
select is(
    (select l.item from pg_temp.limits as l where l.item ~ '^application_name'),
    'application_name=it''s; drop role ahu_write',
    'a value is a value, whatever stands in it'
);

select * from finish();
