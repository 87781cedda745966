-- The grants that we gave on the site's objects, and only those.
select plan(6);

select columns_are(
    '_ahu',
    'site_grants',
    array['object_type', 'object_name', 'privilege', 'grantee', 'granted_at'],
    'the columns are these'
);
select col_is_pk(
    '_ahu', 'site_grants', array['object_type', 'object_name', 'privilege', 'grantee'],
    'a grant is in it once'
);
select throws_ok(
    $$
        insert into _ahu.site_grants (object_type, object_name, privilege, grantee)
        values ('function', 'now()', 'execute', 'ahu_read')
    $$,
    '23514',
    null,
    'an object is of a type that uninstall knows'
);
select lives_ok(
    format(
        'insert into _ahu.site_grants (object_type, object_name, privilege, grantee) '
        'values (%L, ''x'', ''usage'', ''ahu_read'')',
        t.name
    ),
    'an object may be a ' || t.name
)
from (values ('database'), ('sequence')) as t (name);
select ok(
    (
        select
            bool_and(g.granted_at between now() and clock_timestamp()) and count(*) = 2
        from _ahu.site_grants as g
        where g.object_name = 'x'
    ),
    'it remembers when a grant was given'
);

select * from finish();
