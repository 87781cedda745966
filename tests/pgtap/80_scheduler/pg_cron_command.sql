-- What our job of pg_cron runs.
select plan(3);

select is(
    _ahu.pg_cron_command(),
    'call ahu.refresh_dashboard_views(wait_for => ''0'')',
    'it calls the refresh and never waits'
);
select lives_ok(_ahu.pg_cron_command(), 'and can be run');
select volatility_is(
    '_ahu', 'pg_cron_command', array[]::text[], 'immutable', 'it is the same for every job'
);

select * from finish();
