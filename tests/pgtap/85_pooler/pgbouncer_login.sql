-- The look-up of passwords knows our two roles alone, and nobody but the pooler may ask it.
select plan(49);

select has_function('ahu', 'pgbouncer_login', array['text'], 'ahu.pgbouncer_login(text) exists');
select is(
    pg_get_function_result('ahu.pgbouncer_login(text)'::regprocedure),
    'TABLE(user_name text, password text)',
    'it returns a name and a password, as auth_query has them'
);
select is(
    (
        select
            format('%s', array[p.prosecdef, p.proisstrict, p.provolatile = 's', p.proretset])
        from pg_proc as p
        where p.oid = 'ahu.pgbouncer_login(text)'::regprocedure
    ),
    '{t,t,t,t}',
    'it runs with its owner''s rights, asks nothing for null, only reads, and may have no row'
);
select is(
    (select p.proconfig from pg_proc as p where p.oid = 'ahu.pgbouncer_login(text)'::regprocedure),
    array['search_path=pg_catalog, pg_temp'],
    'it pins its search_path'
);
select ok(
    (
        select
            r.rolsuper
        from pg_proc as p
        join pg_roles as r
            on r.oid = p.proowner
        where p.oid = 'ahu.pgbouncer_login(text)'::regprocedure
    ),
    'its owner is a superuser, who may read passwords'
);
select set_eq(
    $$
        select
            a.grantee::regrole::text,
            a.privilege_type,
            a.is_grantable
        from pg_proc as p
        cross join lateral aclexplode(p.proacl) as a
        where p.oid = 'ahu.pgbouncer_login(text)'::regprocedure
            and a.grantee <> p.proowner
    $$,
    $$values ('ahu_pgbouncer', 'EXECUTE', false)$$,
    'ahu_pgbouncer alone may execute it, and not pass that on'
);

alter role ahu_read password 'of ahu_read';
alter role ahu_write password 'of ahu_write';
alter role ahu_pgbouncer password 'of ahu_pgbouncer';
create role somebody_else login password 'of somebody else' in role ahu_read;
create role "AHU_READ" login password 'of AHU_READ';
create role "ahu_read " login password 'of ahu_read with a space';
create role ahu_readers login password 'of ahu_readers';

select results_eq(
    format('select user_name, password from ahu.pgbouncer_login(%L)', r.name),
    format(
        'select %L, rolpassword collate "default" from pg_authid where rolname = %1$L', r.name
    ),
    'it knows the name and the secret of ' || r.name
)
from (values ('ahu_read'), ('ahu_write')) as r (name);
select matches(
    (select l.password from ahu.pgbouncer_login('ahu_read') as l),
    '^SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$',
    'which is a SCRAM secret'
);
select is_empty(
    format('select user_name, password from ahu.pgbouncer_login(%L)', r.name),
    format('it has no row for "%s"', r.name)
)
from (
    values
        ('postgres'),
        (session_user),
        ('ahu_owner'),
        ('ahu_pgbouncer'),
        ('somebody_else'),
        ('AHU_READ'),
        ('ahu_read '),
        (' ahu_read'),
        ('"ahu_read"'),
        ('ahu_readers'),
        ('ahu_rea'),
        ('ahu_%'),
        ('ahu_read'' or true --'),
        ('ahu_read,ahu_write'),
        ('public'),
        ('nobody at all'),
        ('pg_read_all_data'),
        (repeat('ahu_read', 1000)),
        ('')
) as r (name);
select is_empty(
    'select user_name, password from ahu.pgbouncer_login(null)',
    'it has no row for null'
);

-- Whether the password still holds.
create function pg_temp.logins(role_name text, attribute text, out logins text[])
language plpgsql
as $logins$
begin
    execute format('alter role %I %s', role_name, attribute);
    logins := array(select l.user_name from ahu.pgbouncer_login(role_name) as l);
end
$logins$;
select is(
    pg_temp.logins(r.name, 'valid until ' || quote_literal(v.valid_until)),
    case when v.is_valid then array[r.name] else '{}' end,
    format('%s, VALID UNTIL %s: %s', r.name, v.title, case when v.is_valid then 'a row' else 'none' end)
)
from (values ('ahu_read'), ('ahu_write')) as r (name)
cross join (
    values
        ('infinity', 'infinity', true),
        ('an hour from now', (now() + interval '1 hour')::text, true),
        ('an hour ago', (now() - interval '1 hour')::text, false),
        -- by now(), which is when the transaction began, it would still hold
        ('just now', (now() + interval '1 microsecond')::text, false),
        ('the beginning of time', '-infinity', false)
) as v (title, valid_until, is_valid);
select is(
    pg_temp.logins('ahu_read', 'valid until ''infinity'' nologin'),
    '{}',
    'a role that may not log in has no row'
);
select is(
    pg_temp.logins('ahu_read', 'login'),
    array['ahu_read'],
    'and has one when it may again'
);
update pg_authid
set rolvaliduntil = null
where rolname = 'ahu_read';
select results_eq(
    'select user_name from ahu.pgbouncer_login(''ahu_read'')',
    'values (''ahu_read'')',
    'nor does a password end that was never given an end'
);
alter role ahu_read password null;
select results_eq(
    'select user_name, password from ahu.pgbouncer_login(''ahu_read'')',
    'values (''ahu_read'', null::text)',
    'a role without a password has a row without one, not that of somebody else'
);

-- What a session may hold that is named as the catalog.
alter role ahu_write valid until 'infinity';
create temp table pg_authid (
    rolname name, rolpassword text, rolcanlogin boolean, rolvaliduntil timestamptz
);
insert into pg_temp.pg_authid (rolname, rolpassword, rolcanlogin)
values ('ahu_write', 'mine', true);
set local search_path = pg_temp, pg_catalog, tap;
select matches(
    (select l.password from ahu.pgbouncer_login('ahu_write') as l),
    '^SCRAM-SHA-256',
    'a table of a session does not stand for the catalog'
);

-- Who else there is.
select throws_ok(
    format(
        'set local role %I; select user_name from ahu.pgbouncer_login(''ahu_read'')', r.name
    ),
    '42501',
    r.message,
    r.name || ' may not look up a password'
)
from (
    values
        ('ahu_read', 'permission denied for function pgbouncer_login'),
        ('ahu_write', 'permission denied for function pgbouncer_login'),
        ('ahu_owner', 'permission denied for function pgbouncer_login'),
        ('somebody_else', 'permission denied for function pgbouncer_login'),
        ('ahu_readers', 'permission denied for schema ahu')
) as r (name, message);

select * from finish();
