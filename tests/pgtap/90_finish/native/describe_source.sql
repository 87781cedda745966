-- What the settings say of a native site is written down; and that nothing is left to mark.
select plan(2);

select results_eq(
    'select strategy, tracking, lookback_days, layout, metric_column from _ahu.source',
    $$values ('native', 'triggers', 7, 'wide', null::text)$$,
    'the strategy is written down'
);
select ok(
    (select s.backfill_marked_at <= now() from _ahu.source as s),
    'rollups that have just been filled have nothing left to mark'
);

select * from finish();
