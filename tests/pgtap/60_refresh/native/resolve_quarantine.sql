-- Under the strategy native nothing can be in quarantine.
select plan(2);

insert into _ahu.quarantine (day, ahu_id, stored_readings, raw_readings, net_readings)
values ('2024-03-01', 'AHU01', 240, 1, 1);
select is(
    tap.error_of('call ahu.resolve_quarantine(''2024-03-01'', ''2024-03-01'', null, ''ignore'')'),
    array[
        '55000',
        'nothing can be in quarantine here',
        'The strategy is native: the views hold what raw has, and nothing else.',
        'For summaries that outlive their readings: '
            'ahu-sql install --set refresh.strategy=incremental'
    ],
    'it is refused, and said why'
);
select results_eq(
    'select line from tap.quarantined',
    $$values ('03-01 AHU01 stored 240 raw 1 net 1')$$,
    'what the strategy incremental has left there stays for its return'
);

select * from finish();
