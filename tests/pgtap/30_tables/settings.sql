-- The settings of a DBA: their defaults, and what they refuse.
select plan(29);

select columns_are(
    'ahu',
    'settings',
    array[
        'only_row', 'stale_after', 'keep_runs', 'low_traffic_from', 'low_traffic_until',
        'max_span', 'long_running_after', 'add_inserted'
    ],
    'the columns of the settings are these'
);
select col_type_is('ahu', 'settings', 'stale_after', 'interval', 'stale_after is a length of time');
select col_type_is('ahu', 'settings', 'keep_runs', 'interval', 'keep_runs is a length of time');
select col_type_is('ahu', 'settings', 'max_span', 'interval', 'max_span is a length of time');
select col_type_is(
    'ahu', 'settings', 'long_running_after', 'interval', 'long_running_after is a length of time'
);
select results_eq(
    $$
        select
            stale_after,
            keep_runs,
            low_traffic_from,
            low_traffic_until,
            max_span,
            long_running_after,
            add_inserted
        from ahu.settings
    $$,
    $$
        values (
            '1 hour'::interval,
            '90 days'::interval,
            null::time,
            null::time,
            null::interval,
            '1 minute'::interval,
            true
        )
    $$,
    'a fresh install has one row, with the defaults'
);
select throws_ok(
    'insert into ahu.settings (only_row) values (true)',
    '23505',
    null,
    'there is no second row'
);
select throws_ok(
    'insert into ahu.settings (only_row) values (false)',
    '23514',
    null,
    'there is no second row of another kind'
);
select throws_ok(
    format('update ahu.settings set %I = %s', s.name, v.value),
    v.sqlstate,
    null,
    format('%s cannot be %s', s.name, v.value)
)
from (values ('stale_after'), ('keep_runs')) as s (name)
cross join (
    values
        ('''0''', '23514'),
        ('''-1 second''', '23514'),
        ('null', '23502')
) as v (value, sqlstate);
select throws_ok(
    format('update ahu.settings set %I = %L', s.name, s.value),
    '23514',
    null,
    format('%s cannot be %s', s.name, s.value)
)
from (
    values
        ('max_span', '0'),
        ('max_span', '-1 second'),
        ('long_running_after', '-1 second')
) as s (name, value);
select throws_ok(
    'update ahu.settings set long_running_after = null',
    '23502',
    null,
    'long_running_after cannot be null'
);
select lives_ok(
    $$
        update ahu.settings
        set stale_after = '1 second',
            keep_runs = '1 second',
            max_span = '1 second'
    $$,
    'any time longer than none will do'
);
select lives_ok(
    $$update ahu.settings set long_running_after = '0', max_span = null$$,
    'every transaction may be one that runs for long, and max_span be left to the install'
);

-- The hours in which readers may wait.
select col_type_is(
    'ahu', 'settings', s.name, 'time without time zone', s.name || ' is a time of the clock'
)
from (values ('low_traffic_from'), ('low_traffic_until')) as s (name);
select throws_ok(
    format(
        'update ahu.settings set low_traffic_from = %L, low_traffic_until = %L', s.first, s.last
    ),
    '23514',
    null,
    'hours of low traffic cannot be from ' || coalesce(s.first, 'never')
        || ' until ' || coalesce(s.last, 'never')
)
from (
    values
        ('02:00', null),
        (null, '04:00'),
        ('02:00', '02:00')
) as s (first, last);
select lives_ok(
    format(
        'update ahu.settings set low_traffic_from = %L, low_traffic_until = %L', s.first, s.last
    ),
    'hours of low traffic can be from ' || coalesce(s.first, 'never')
        || ' until ' || coalesce(s.last, 'never')
)
from (
    values
        ('02:00', '04:00'),
        ('22:00', '04:00'),
        ('00:00', '24:00'),
        (null, null)
) as s (first, last);

select * from finish();
