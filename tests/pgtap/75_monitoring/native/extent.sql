-- Under the strategy native the rollup may be there and never have been filled.
select plan(2);

refresh materialized view _ahu.monthly_native with no data;
refresh materialized view _ahu.daily_native with no data;

select results_eq(
    'select newest_day, newest_reading from _ahu.extent()',
    'select null::date, null::timestamptz',
    'a rollup that was never filled reaches nowhere, which is no error'
);
select is(
    (select count(*)::integer from ahu.freshness as f where f.newest_day is null),
    3,
    'ahu.freshness answers all the same'
);

select * from finish();
