-- Nobody creates a large object by a right of PUBLIC's, and what was taken is remembered.
select plan(10);

create function pg_temp.attempts()
returns table (name text, call text)
language sql
as $attempts$
    values
        ('pg_catalog.lo_creat(integer)', 'select pg_catalog.lo_creat(-1)'),
        ('pg_catalog.lo_create(oid)', 'select pg_catalog.lo_create(0)'),
        ('pg_catalog.lo_from_bytea(oid, bytea)', 'select pg_catalog.lo_from_bytea(0, ''x'')')
$attempts$;

select lives_ok(a.call, 'a superuser may: ' || a.name)
from pg_temp.attempts() as a;

set local role ahu_read;
select throws_ok(a.call, '42501', null, 'ahu_read may not: ' || a.name)
from pg_temp.attempts() as a;
reset role;

select ok(
    not has_function_privilege('ahu_write', a.name, 'execute')
        and not has_function_privilege('public', a.name, 'execute'),
    'nor may anybody else: ' || a.name
)
from pg_temp.attempts() as a;

select set_eq(
    'select r.function_name from _ahu.site_revokes as r',
    'select a.name from pg_temp.attempts() as a',
    'what everybody could before us is remembered'
);

select * from finish();
