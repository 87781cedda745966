-- Limits of a role are set in this database alone, and can be taken off again.
select plan(15);

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

-- Passwords, which come as secrets.
call _ahu.limit_role(
    'ahu_read',
    'password',
    'SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$'
    'c3RvcmVkIGtleSwgb2YgdGhpcnR5LXR3byBieXRlcy4=:c2VydmVyIGtleSwgb2YgdGhpcnR5LXR3byBieXRlcy4='
);
select is(
    (select a.rolpassword from pg_authid as a where a.rolname = 'ahu_read'),
    'SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$'
        'c3RvcmVkIGtleSwgb2YgdGhpcnR5LXR3byBieXRlcy4=:c2VydmVyIGtleSwgb2YgdGhpcnR5LXR3byBieXRlcy4=',
    'a secret becomes the role''s as it is'
);
select is_empty(
    $$
        select
            l.item
        from pg_temp.limits as l
        where l.item ~* 'password|SCRAM'
    $$,
    'and no configuration parameter, which anybody could read'
);

-- All that an error of the password says, in each of its fields.
create function pg_temp.said(command text)
returns table (
    code text,
    message text,
    detail text,
    hint text,
    everything text
)
language plpgsql
as $said$
declare
    v_context text;
begin
    execute command;
exception
    when others then
        get stacked diagnostics
            message = message_text,
            detail = pg_exception_detail,
            hint = pg_exception_hint,
            v_context = pg_exception_context;
        code := sqlstate;
        everything := concat_ws(E'\n', message, detail, hint, v_context);
        return next;
end
$said$;
create function pg_temp.attempt(role_name text)
returns text
language plpgsql
as $attempt$
declare
    -- not in the command itself, whose text the context of an error shows
    v_secret text := 'SCRAM-SHA-256$of' || role_name;
begin
    call _ahu.limit_role(role_name, 'password', v_secret);
    return null;
end
$attempt$;
create role plant_dba;
grant usage on schema _ahu to plant_dba;
grant execute on procedure _ahu.limit_role(text, text, text) to plant_dba;
create temp table refused as
select s.* from pg_temp.said('set local role plant_dba; select pg_temp.attempt(''ahu_read'')') as s;
select results_eq(
    'select code, message, detail, hint from refused',
    $$
        values (
            '42501',
            'cannot set the password of role ahu_read',
            'Role plant_dba may not alter it.',
            'Connect as a superuser, or as a role with createrole that has the admin option for it.'
        )
    $$,
    'who may not set a password is told what it takes'
);
select is_empty(
    'select everything from refused where everything ~* ''SCRAM|alter role''',
    'and nothing of that error tells the secret, nor the statement in which it stands'
);
create temp table failed as
select s.* from pg_temp.said('select pg_temp.attempt(''nobody'')') as s;
select results_eq(
    'select code, message from failed',
    $$values ('42704', 'role "nobody" does not exist')$$,
    'any other error is itself'
);
select is_empty(
    'select everything from failed where everything ~* ''SCRAM|alter role''',
    'and does not tell them either'
);

select * from finish();
