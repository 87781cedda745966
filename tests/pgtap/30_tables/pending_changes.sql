-- The log of pending changes: what it refuses, and what makes it cheap for the ETL.
select plan(26);

select columns_are(
    '_ahu',
    'pending_changes',
    array[
        'day', 'ahu_ids', 'net_readings', 'trust_raw', 'reason', 'logged_at', 'summed_as',
        'newest_reading', 'steam_cost', 'cold_water_cost', 'electricity_cost', 'hcv_kwh',
        'dh_hcv_kwh', 'ccv_kwh', 'pc_ccv_kwh', 'electricity_kwh'
    ],
    'the columns of the log are these'
);
select col_type_is('_ahu', 'pending_changes', 'ahu_ids', 'text[]', 'an entry names AHUs');
select col_type_is(
    '_ahu', 'pending_changes', 'net_readings', 'bigint[]', 'an entry counts readings'
);
select is_empty(
    'select indexrelid::regclass from pg_index where indrelid = ''_ahu.pending_changes''::regclass',
    'the log has no index: the ETL would pay for it'
);
select is_empty(
    $$
        select
            c.conname
        from pg_constraint as c
        where c.conrelid = '_ahu.pending_changes'::regclass
            and c.contype in ('p', 'u', 'x', 'f')
    $$,
    'nothing in the log is unique: a unique log loses changes'
);
select is(
    (select c.relreplident from pg_class as c where c.oid = '_ahu.pending_changes'::regclass),
    'f'::"char",
    'the refresh can delete from the log under a publication for all tables'
);

set local role ahu_owner;

select throws_ok(
    'insert into _ahu.pending_changes (day, reason) values (null, ''insert'')',
    '23502',
    null,
    'an entry has a day'
);
select throws_ok(
    'insert into _ahu.pending_changes (day, reason) values (''infinity'', ''insert'')',
    '23514',
    null,
    'no entry is for the day infinity'
);
select throws_ok(
    'insert into _ahu.pending_changes (day, reason) values (''-infinity'', ''insert'')',
    '23514',
    null,
    'no entry is for the day -infinity'
);
select throws_ok(
    'insert into _ahu.pending_changes (day, reason) values (''2024-03-01'', ''because'')',
    '23514',
    null,
    'a reason is one of those we know'
);
select throws_ok(
    'insert into _ahu.pending_changes (day, reason) values (''2024-03-01'', null)',
    '23502',
    null,
    'an entry has a reason'
);
select throws_ok(
    format(
        $$
            insert into _ahu.pending_changes (day, reason, ahu_ids, net_readings)
            values ('2024-03-01', 'delete', %L, %L)
        $$,
        c.ahu_ids,
        c.net_readings
    ),
    '23514',
    null,
    c.title
)
from (
    values
        ('an entry that names AHUs names one at least', '{}', null),
        ('an entry that names none has nothing to count', '{}', '{}'),
        ('what is counted is counted for each AHU', '{AHU01, AHU02}', '{-1}'),
        ('and for no other', '{AHU01}', '{-1, -2}'),
        ('a count for nobody is no count', '{AHU01}', '{}'),
        ('an entry for every AHU counts nothing', null, '{-1}'),
        ('not even no AHU at all', null, '{}')
) as c (title, ahu_ids, net_readings);
select lives_ok(
    format(
        $$
            insert into _ahu.pending_changes (day, reason, ahu_ids, net_readings)
            values ('2024-03-01', 'update', %L, %L)
        $$,
        c.ahu_ids,
        c.net_readings
    ),
    c.title
)
from (
    values
        ('a count may be a loss, a gain or neither', '{AHU01, AHU02, AHU03}', '{-1, 1, 0}'),
        ('AHUs may be named without a count', '{AHU01, AHU02}', null)
) as c (title, ahu_ids, net_readings);
select throws_ok(
    $$
        insert into _ahu.pending_changes (day, reason, trust_raw)
        values ('2024-03-01', 'mark_changed', null)
    $$,
    '23502',
    null,
    'raw is to be trusted or not'
);
select lives_ok(
    format(
        'insert into _ahu.pending_changes (day, reason) values (''2024-03-01'', %L)',
        r.reason
    ),
    'a reason may be: ' || r.reason
)
from (values ('truncate'), ('backfill'), ('lookback')) as r (reason);

insert into _ahu.pending_changes (day, reason, ahu_ids)
values
    ('2024-03-02', 'insert', array['AHU01']),
    ('2024-03-02', 'insert', array['AHU01']);
select is(
    (select count(*) from _ahu.pending_changes as p where p.day = '2024-03-02'),
    2::bigint,
    'two equal entries are two entries'
);
select results_eq(
    $$
        select distinct
            p.trust_raw,
            p.logged_at = now()
        from _ahu.pending_changes as p
        where p.day = '2024-03-02'
    $$,
    'values (false, true)',
    'left to itself an entry trusts nobody and bears the time of its transaction'
);
reset role;

select * from finish();
