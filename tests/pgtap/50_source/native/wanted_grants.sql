-- What the strategy native needs beside the usual: CONCURRENTLY makes a temporary table.
select plan(2);

select set_eq(
    $$
        select
            object_type,
            object_name,
            privilege
        from _ahu.wanted_grants()
        where grantee = 'ahu_owner'
    $$,
    $$
        values
            ('database', quote_ident(current_database()), 'temporary'),
            ('schema', '"ahu_data"', 'usage'),
            ('table', '"ahu_data"."energy_readings"', 'select')
    $$,
    'the owner may read the raw table and make temporary tables'
);
do $revoke_temporary$
begin
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to ahu_owner', current_database());
end
$revoke_temporary$;
select is(
    tap.refresh(),
    'refreshed, days 0, keys 0, readings 0, quarantined 0, pending 0',
    'which is enough where everybody else may not'
);

select * from finish();
