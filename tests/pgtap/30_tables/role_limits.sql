-- What the login roles carried before us is remembered once for each role and setting.
select plan(4);

select columns_are(
    '_ahu',
    'role_limits',
    array['role_name', 'setting', 'value_before', 'changed_at'],
    'the columns are these'
);
select col_is_pk('_ahu', 'role_limits', array['role_name', 'setting'], 'a setting is in it once');
select col_is_null('_ahu', 'role_limits', 'value_before', 'a setting may have been unset before');
select ok(
    (
        select
            bool_and(l.changed_at <= now()) and count(*) > 0
        from _ahu.role_limits as l
    ),
    'it remembers when we set each of them'
);

select * from finish();
