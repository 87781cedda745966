-- What we took from PUBLIC, once for each function.
select plan(3);

select columns_are(
    '_ahu', 'site_revokes', array['function_name', 'revoked_at'], 'the columns are these'
);
select col_is_pk('_ahu', 'site_revokes', 'function_name', 'a function is in it once');
select ok(
    (
        select
            bool_and(r.revoked_at <= now()) and count(*) > 0
        from _ahu.site_revokes as r
    ),
    'it remembers when we took each of them'
);

select * from finish();
