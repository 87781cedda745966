-- What an INSERT leaves in the log: the keys it added readings to and how many. A small statement
-- leaves an entry for each reading, with its measures; a large one an entry for each day.
select plan(40);

select is(
    (
        select
            p.prosecdef
        from pg_proc as p
        where p.oid = '_ahu.note_inserted()'::regprocedure
    ),
    true,
    'it logs with its owner''s rights, for writers have none on the log'
);

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-03-01 00:00+09', 'AHU01'),
    ('2024-03-01 12:00+09', 'AHU02'),
    ('2024-03-01 23:59:59.999999+09', 'AHU01');
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-01 AHU01:2 AHU02:1')$$,
    'readings of one day are logged, each with its AHU'
);

insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-01 12:00+09', 'AHU01');
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-01 12:00+09', 'AHU01');
select results_eq(
    'select day, ahu_ids, net_readings from _ahu.pending_changes',
    $$
        values
            ('2024-03-01'::date, array['AHU01'], array[1]::bigint[]),
            ('2024-03-01', array['AHU01'], array[1])
    $$,
    'each statement leaves its own entry: an entry is never shared'
);
delete from _ahu.pending_changes;

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-02-29 23:59:59.999999+09', 'AHU01'),
    ('2024-03-01 00:00+09', 'AHU02'),
    ('2024-03-05 12:00+09', 'AHU01'),
    ('2024-03-05 13:00+09', 'AHU03');
select results_eq(
    'select tap.take_log()',
    $$
        values
            ('insert 2024-02-29 AHU01:1'),
            ('insert 2024-03-01 AHU02:1'),
            ('insert 2024-03-05 AHU01:1 AHU03:1')
    $$,
    'readings of several days are logged for the AHUs of each day'
);

insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    g.instant,
    'AHU01'
from generate_series('2024-01-01 00:00+09'::timestamptz, '2024-12-31 23:00+09', '1 hour')
    as g (instant);
select results_eq(
    $$
        select
            count(*),
            count(distinct l),
            count(*) filter (where l like 'insert 2024-__-__ AHU01:24')
        from tap.take_log() as l
    $$,
    'values (366::bigint, 366::bigint, 366::bigint)',
    'a year of readings of one AHU leaves 366 entries'
);

-- What each reading of a small statement adds, and where nothing is told.
insert into ahu_data.energy_readings (
    timestamp, ahu_id, hcv_steam_cost_krw, ac_hcv_steam_cost_krw, ccv_cold_water_cost_krw,
    sf_cost_krw, electricity_cost_krw, hcv_steam_kwh, ac_hcv_steam_kwh, ccv_cold_water_kwh,
    sf_electricity_kwh
)
values
    ('2024-03-01 12:00+09', 'AHU01', 1.10, 2, 0.001, null, 7, 'infinity', '-infinity', 3, null),
    ('2024-03-01 12:06+09', 'AHU01', 1.1, null, -0.001, null, 0.5, '-infinity', 1, 'nan', null),
    ('2024-03-01 12:03+09', 'AHU02', null, null, null, null, null, null, null, null, null);
select results_eq(
    $$
        select
            concat_ws(
                ' ', p.ahu_ids[1], p.newest_reading at time zone 'Asia/Seoul',
                coalesce(p.steam_cost::text, '-'), coalesce(p.cold_water_cost::text, '-'),
                coalesce(p.electricity_cost::text, '-'), coalesce(p.hcv_kwh::text, '-'),
                coalesce(p.dh_hcv_kwh::text, '-'), coalesce(p.ccv_kwh::text, '-'),
                coalesce(p.pc_ccv_kwh::text, '-'), coalesce(p.electricity_kwh::text, '-'),
                p.summed_as = _ahu.summed_as('ahu_data.energy_readings'::regclass)
            )
        from _ahu.pending_changes as p
        order by p.ahu_ids, p.newest_reading
    $$,
    $$
        values
            ('AHU01 2024-03-01 12:00:00 3.10 0.001 7 NaN - 3 - - t'),
            ('AHU01 2024-03-01 12:06:00 1.1 -0.001 0.5 -Infinity - NaN - - t'),
            ('AHU02 2024-03-01 12:03:00 - - - - - - - - t')
    $$,
    'each entry has what its reading adds to each measure, null where that is unknown'
);
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-01 AHU01:2 AHU02:1')$$,
    'beside what was counted'
);
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
select
    '2024-03-01 00:00+09'::timestamptz + g.number * interval '20 seconds',
    'AHU0' || g.number % 2,
    1
from generate_series(1, 5001) as g (number);
select results_eq(
    $$
        select
            count(*),
            count(p.summed_as),
            num_nonnulls(max(p.newest_reading), max(p.electricity_cost))
        from _ahu.pending_changes as p
    $$,
    'values (2::bigint, 0::bigint, 0)',
    'more than 5,000 readings leave one entry a day'
);
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-01 AHU00:2159 AHU01:2160'), ('insert 2024-03-02 AHU00:341 AHU01:341')$$,
    'where they are counted, and nothing else'
);

set local timezone = 'America/Los_Angeles';
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-02-29 15:00+00', 'AHU01'),
    ('2024-03-01 14:59+00', 'AHU01');
reset timezone;
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-01 AHU01:2')$$,
    'a day is the site''s, whatever the session''s TimeZone'
);

-- Around changes of the clock each reading counts in its own local day.
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('1987-05-09 15:00+00', 'AHU01'),
    ('1987-05-10 13:59+00', 'AHU01');
select results_eq(
    'select tap.take_log()',
    $$values ('insert 1987-05-10 AHU01:2')$$,
    'both ends of the day of 23 hours are counted there'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('1987-05-09 15:00+00', 'AHU01'),
    ('1987-05-10 14:00+00', 'AHU01');
select results_eq(
    'select tap.take_log()',
    $$values ('insert 1987-05-10 AHU01:1'), ('insert 1987-05-11 AHU01:1')$$,
    '23 hours later is the next day, and is counted there'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('1987-10-10 14:00+00', 'AHU01'),
    ('1987-10-11 14:59+00', 'AHU01');
select results_eq(
    'select tap.take_log()',
    $$values ('insert 1987-10-11 AHU01:2')$$,
    'both ends of the day of 25 hours are counted there'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    g.instant,
    'AHU01'
from generate_series('1988-05-07 00:00+09'::timestamptz, '1988-05-09 23:00+10', '1 hour')
    as g (instant);
select results_eq(
    'select tap.take_log()',
    $$
        values
            ('insert 1988-05-07 AHU01:24'),
            ('insert 1988-05-08 AHU01:23'),
            ('insert 1988-05-09 AHU01:24')
    $$,
    'in one statement around the day of 23 hours each hour counts once'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    g.instant,
    'AHU01'
from generate_series('1988-10-08 00:00+10'::timestamptz, '1988-10-10 23:00+09', '1 hour')
    as g (instant);
select results_eq(
    'select tap.take_log()',
    $$
        values
            ('insert 1988-10-08 AHU01:24'),
            ('insert 1988-10-09 AHU01:25'),
            ('insert 1988-10-10 AHU01:24')
    $$,
    'and around the day of 25 hours'
);

-- What a large statement must leave, by offsets from an almanac: from May to October of 1987 and 1988
-- clocks were an hour ahead, and nothing else has changed since.
create view pg_temp.expected_log as
select
    concat_ws(
        ' ',
        'insert',
        k.day,
        string_agg(k.ahu_id || ':' || k.readings, ' ' order by k.ahu_id)
    ) as line
from (
    select
        to_char(
            r.timestamp at time zone 'UTC'
            + case
                when r.timestamp >= '1987-05-09 17:00+00' and r.timestamp < '1987-10-10 17:00+00'
                    or r.timestamp >= '1988-05-07 17:00+00' and r.timestamp < '1988-10-08 17:00+00'
                then interval '10 hours'
                else interval '9 hours'
            end,
            'YYYY-MM-DD'
        ) as day,
        r.ahu_id,
        count(*) as readings
    from ahu_data.energy_readings as r
    where r.ahu_id is not null
        and isfinite(r.timestamp)
    group by 1, 2
) as k
group by k.day
order by line;

-- Replaces the raw table by readings of four AHUs, each at its own pace, in one statement of more
-- than 5,000.
create procedure pg_temp.load(first_time timestamptz, last_time timestamptz)
language plpgsql
as $load$
begin
    truncate ahu_data.energy_readings;
    insert into ahu_data.energy_readings (timestamp, ahu_id)
    select
        g.instant,
        p.ahu_id
    from (
        values
            ('AHU01', interval '30 minutes'),
            ('AHU02', interval '7 hours'),
            ('AHU03', interval '53 hours'),
            ('AHU04', (load.last_time - load.first_time) / 6000)
    ) as p (ahu_id, pace)
    cross join lateral generate_series(load.first_time, load.last_time, p.pace) as g (instant)
    union all
    values
        (null, 'AHU01'),
        ('infinity'::timestamptz, 'AHU01'),
        (load.first_time, null);
end
$load$;

create temp table span (title, first_time, last_time, days) as
values
    (
        'half a year with a change of the clock',
        '1988-07-01 00:00+10'::timestamptz, '1988-12-31 23:30+09'::timestamptz, 184
    ),
    (
        '18 months with four of them',
        '1987-05-01 00:00+09', '1988-10-31 23:30+09', 550
    ),
    (
        'days up to the day of 23 hours',
        '1988-05-01 00:00+09', '1988-05-08 23:30+10', 8
    ),
    (
        'days up to the one before it',
        '1988-05-01 00:00+09', '1988-05-07 23:30+09', 7
    ),
    (
        'days from the day of 23 hours on',
        '1988-05-08 00:00+09', '1988-05-15 23:30+10', 8
    ),
    (
        'days from the one after it on',
        '1988-05-09 00:00+10', '1988-05-15 23:30+10', 7
    ),
    (
        'days up to the day of 25 hours',
        '1988-10-02 00:00+10', '1988-10-09 23:30+09', 8
    ),
    (
        'days from the day of 25 hours on',
        '1988-10-09 00:00+10', '1988-10-15 23:30+09', 7
    ),
    (
        '60 ordinary days',
        '2024-02-01 00:00+09', '2024-03-31 23:30+09', 60
    ),
    (
        '60 ordinary days of an old summer',
        '1988-06-01 00:00+10', '1988-07-30 23:30+10', 60
    ),
    (
        'eleven years, too many to look at each midnight',
        '2010-01-01 00:00+09', '2020-12-31 23:30+09', 4018
    );
create function pg_temp.differing_lines(first_time timestamptz, last_time timestamptz)
returns table (lines bigint, differing text)
language plpgsql
as $differing_lines$
begin
    call pg_temp.load(first_time, last_time);
    return query
    with logged as materialized (
        select l.line from tap.take_log() as l (line)
    )
    select
        (select count(*) from logged),
        (
            select
                string_agg(d.line, e'\n' order by d.line)
            from (
                (table logged except all table pg_temp.expected_log)
                union all
                (table pg_temp.expected_log except all table logged)
            ) as d (line)
        );
end
$differing_lines$;
select is(
    (d.lines, d.differing),
    (s.days::bigint, null::text),
    'each day leaves one entry with exact counts, in ' || s.title
)
from span as s
cross join lateral pg_temp.differing_lines(s.first_time, s.last_time) as d;

truncate ahu_data.energy_readings;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('0001-01-02 00:00+00', 'AHU01'),
    ('9999-12-29 23:59:59.999999+00', 'AHU01');
select results_eq(
    'select tap.take_log()',
    $$values ('insert 0001-01-02 AHU01:1'), ('insert 9999-12-30 AHU01:1')$$,
    'the first and the last time that have a day are counted'
);

insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    '2024-03-01 12:00+09',
    'AHU01'
where false;
select is_empty('select tap.take_log()', 'a statement without readings logs nothing');

select lives_ok(
    $$
        insert into ahu_data.energy_readings (timestamp, ahu_id)
        values
            ('infinity', 'AHU01'),
            ('-infinity', 'AHU01'),
            ('0001-01-01 00:00+00', 'AHU01'),
            ('4700-01-01 00:00+00 BC', 'AHU01'),
            ('200000-01-01 00:00+00', 'AHU01'),
            (null, 'AHU01'),
            ('2024-03-01 12:00+09', null)
    $$,
    'readings without a time, a day or an AHU are none of our business'
);
select is_empty('select tap.take_log()', 'and log nothing');
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('infinity', 'AHU03'),
    ('-infinity', 'AHU03'),
    (null, 'AHU03'),
    ('2024-03-01 12:00+09', null),
    ('2024-03-01 12:00+09', 'AHU01');
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-01 AHU01:1')$$,
    'among them a reading with all three is logged'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('infinity', 'AHU03'),
    ('2024-03-02 12:00+09', null),
    ('2024-03-03 12:00+09', 'AHU02'),
    ('2024-03-01 12:00+09', 'AHU01');
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-01 AHU01:1'), ('insert 2024-03-03 AHU02:1')$$,
    'on several days too'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-01 12:00+09', '');
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-01 :1')$$,
    'an AHU without a name is not an AHU that is missing'
);

-- What could stop the ETL here is left to the refresh; the reading is counted all the same.
delete from _ahu.pending_changes;
alter table ahu_data.energy_readings rename pc_ccv_cold_water_kwh to aside;
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-01 12:00+09', 'AHU01');
select results_eq(
    'select ahu_ids, net_readings, summed_as from _ahu.pending_changes',
    $$values (array['AHU01'], array[1]::bigint[], null::bigint)$$,
    'a reading is counted where a measure cannot be told'
);
alter table ahu_data.energy_readings rename aside to pc_ccv_cold_water_kwh;

-- The same of a large statement: whatever has a day is counted, and nothing else is.
delete from _ahu.pending_changes;
insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    '2024-03-01 00:00+09'::timestamptz + g.number * interval '1 second',
    'AHU01'
from generate_series(1, 5001) as g (number)
union all
values
    ('infinity'::timestamptz, 'AHU02'),
    ('-infinity', 'AHU02'),
    ('294000-01-01 00:00+00', 'AHU02'),
    ('9999-12-30 00:00+00', 'AHU02'),
    ('4700-01-01 00:00+00 BC', 'AHU02'),
    (null, 'AHU02'),
    ('2024-03-01 12:00+09', null);
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-01 AHU01:5001')$$,
    'a large statement logs what has a day and an AHU'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    '2024-03-01 00:00+09'::timestamptz + g.number * interval '1 second',
    'AHU01'
from generate_series(1, 5001) as g (number)
union all
values
    ('9999-12-29 23:59+00'::timestamptz, 'AHU02'),
    ('0001-01-02 00:00+00', 'AHU02');
select results_eq(
    'select tap.take_log()',
    $$
        values
            ('insert 0001-01-02 AHU02:1'),
            ('insert 2024-03-01 AHU01:5001'),
            ('insert 9999-12-30 AHU02:1')
    $$,
    'as far as days go'
);

-- An upsert is an INSERT and an UPDATE: one logs what is new, the other what was there.
truncate ahu_data.energy_readings;
create unique index on ahu_data.energy_readings (timestamp, ahu_id);
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-01 12:00+09', 'AHU01', 1);
delete from _ahu.pending_changes;
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values
    ('2024-03-01 12:00+09', 'AHU01', 2),
    ('2024-03-02 12:00+09', 'AHU02', 2)
on conflict (timestamp, ahu_id) do update
set sf_cost_krw = excluded.sf_cost_krw;
select results_eq(
    'select tap.take_log()',
    $$values ('insert 2024-03-02 AHU02:1'), ('update 2024-03-01 AHU01:0')$$,
    'both halves of an upsert are logged, each with its keys: what was there is not counted again'
);
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-01 12:00+09', 'AHU01', 3)
on conflict (timestamp, ahu_id) do nothing;
select is_empty('select tap.take_log()', 'an insert that does nothing logs nothing');

merge into ahu_data.energy_readings as r
using (
    values
        ('2024-03-01 12:00+09'::timestamptz, 'AHU01', 4),
        ('2024-03-02 12:00+09', 'AHU02', null),
        ('2024-03-03 12:00+09', 'AHU03', 4)
) as n (at, ahu_id, cost)
    on r.timestamp = n.at
    and r.ahu_id = n.ahu_id
when matched and n.cost is null then
    delete
when matched then
    update set sf_cost_krw = n.cost
when not matched then
    insert (timestamp, ahu_id, sf_cost_krw) values (n.at, n.ahu_id, n.cost);
select results_eq(
    'select tap.take_log()',
    $$
        values
            ('delete 2024-03-02 AHU02:-1'),
            ('insert 2024-03-03 AHU03:1'),
            ('update 2024-03-01 AHU01:0')
    $$,
    'all three parts of a MERGE are logged, each with its keys'
);

insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-04 12:00+09', 'AHU01');
select ok(
    (select p.logged_at = now() and not p.trust_raw from _ahu.pending_changes as p),
    'an entry bears the time of its transaction, and does not ask to trust raw'
);

select * from finish();
