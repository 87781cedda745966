-- Which config the refresh job may have.
select plan(25);

select is(
    tap.error_of(format('select _ahu.check_refresh_job(%L)', c.config)),
    null,
    'accepted: ' || c.config
)
from (
    values
        ('{}'),
        ('{"max_days": 1}'),
        ('{"max_days": 31}'),
        ('{"max_days": 1e3}'),
        ('{"max_days": 999999}')
) as c (config);
create temp table refused as
select
    c.config,
    tap.error_of(format('select _ahu.check_refresh_job(%L)', c.config)) as error
from (
    values
        (null),
        ('null'),
        ('[]'),
        ('31'),
        ('"max_days"'),
        ('{"max_days": 0}'),
        ('{"max_days": -1}'),
        ('{"max_days": 1.5}'),
        ('{"max_days": 1000000}'),
        ('{"max_days": "31"}'),
        ('{"max_days": null}'),
        ('{"max_days": [31]}'),
        ('{"max_days": true}'),
        ('{"max_day": 31}'),
        ('{"max_days": 31, "more": 1}'),
        ('{"wait_for": 0}')
) as c (config);
select is(
    r.error,
    array[
        '22023',
        'the refresh job cannot have this config',
        format('It is %s.', coalesce(r.config::jsonb::text, 'null')),
        'Pass {} or a number of days to fold in one run, such as {"max_days": 31}.'
    ],
    'refused: ' || coalesce(r.config, 'no config')
)
from refused as r;

-- What is accepted can be run.
select is(
    tap.error_of(format('call _ahu.refresh_job(1, %L)', c.config)),
    null,
    'can be run: ' || c.config
)
from (
    values
        ('{}'),
        ('{"max_days": 1}'),
        ('{"max_days": 999999}')
) as c (config);
select volatility_is(
    '_ahu', 'check_refresh_job', array['jsonb'], 'immutable', 'it goes by the config alone'
);

select * from finish();
