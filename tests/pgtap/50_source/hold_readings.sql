-- A refresh holds the raw table before it reads it. What a rewrite by others does to an old
-- snapshot needs two sessions, and is tested apart.
-- needs_sessions: who holds a lock is not to be seen there
select plan(9);

-- What this transaction reads: it has made some of the tables itself, and holds those anyway.
create view pg_temp.held as
select
    l.relation::regclass::text as held
from pg_locks as l
where l.locktype = 'relation'
    and l.pid = pg_backend_pid()
    and l.mode = 'AccessShareLock'
    and l.relation in (
        select
            c.oid
        from pg_class as c
        where c.relnamespace = 'ahu_data'::regnamespace
            and c.relkind in ('r', 'p')
    );

select is_empty('select held from pg_temp.held', 'nothing is held yet');
call _ahu.hold_readings('2024-01-10', '2024-01-11');
select results_eq(
    'select held from pg_temp.held',
    'values (''ahu_data.energy_readings'')',
    'an empty raw table is held too, until the transaction ends'
);
select is(
    (
        select
            count(*)
        from pg_locks as l
        where l.relation = 'ahu_data.energy_readings'::regclass
            and l.pid = pg_backend_pid()
    ),
    1::bigint,
    'so that nobody rewrites it; whoever writes to it need not wait'
);
select lives_ok(
    format('call _ahu.hold_readings(%L, %L)', s.from_day, s.until_day),
    format('there may be days without end: %s to %s', s.from_day, s.until_day)
)
from (
    values
        (null::date, null::date),
        ('2024-01-10', null),
        (null, '2024-01-10')
) as s (from_day, until_day);

-- Of a partitioned table.
alter table ahu_data.energy_readings rename to plain;
create table ahu_data.energy_readings (like ahu_data.plain)
partition by range (timestamp);
create table ahu_data.january partition of ahu_data.energy_readings
for values from ('2024-01-01 00:00+09') to ('2024-02-01 00:00+09');
create table ahu_data.february partition of ahu_data.energy_readings
for values from ('2024-02-01 00:00+09') to ('2024-03-01 00:00+09');
create table ahu_data.march partition of ahu_data.energy_readings
for values from ('2024-03-01 00:00+09') to ('2024-04-01 00:00+09');
create view pg_temp.held_partitions as
select
    h.held
from pg_temp.held as h
where h.held ~ '(ary|march)$'
order by h.held;
select is_empty('select held from pg_temp.held_partitions', 'no partition is held yet');
call _ahu.hold_readings('2024-02-01', '2024-02-29');
select results_eq(
    'select held from pg_temp.held_partitions',
    'values (''ahu_data.february'')',
    'only the partitions of the days are: the others may be rewritten meanwhile'
);
call _ahu.hold_readings('2024-01-31', '2024-03-01');
select results_eq(
    'select held from pg_temp.held_partitions',
    'values (''ahu_data.february''), (''ahu_data.january''), (''ahu_data.march'')',
    'the first and the last day count both'
);

select * from finish();
