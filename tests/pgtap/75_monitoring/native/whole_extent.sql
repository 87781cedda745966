-- Under the strategy native, rollups that were never filled are named and not asked.
select plan(3);

call tap.fill_native_site();
select results_eq(
    'select oldest_day, newest_day from _ahu.whole_extent()',
    $$values ('2024-03-01'::date, '2024-04-01'::date)$$,
    'what raw has counts before it is stored'
);
refresh materialized view _ahu.monthly_native with no data;
select is(
    tap.error_of('select _ahu.whole_extent()'),
    array[
        '55000',
        'the views were never filled: there is nothing to verify',
        'No refresh has filled _ahu.monthly_native.',
        'Refresh first: call ahu.refresh_dashboard_views()'
    ],
    'one of them that was never filled is named'
);
refresh materialized view _ahu.daily_native with no data;
select is(
    (tap.error_of('call _ahu.require_filled()'))[3],
    'No refresh has filled _ahu.daily_native, _ahu.monthly_native.',
    'or both'
);

select * from finish();
