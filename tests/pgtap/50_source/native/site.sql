-- The strategy is part of what the settings say.
select plan(1);

select results_eq(
    'select strategy, tracking, lookback_days, layout from _ahu.site()',
    $$values ('native', 'triggers', 7, 'wide')$$,
    'the strategy native is written into it'
);

select * from finish();
