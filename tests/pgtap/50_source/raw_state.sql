-- What stored summaries rest on: the fingerprint changes with the raw table's parts and files, and
-- with nothing else.
select plan(17);

select is(
    (select s.summed_as is null from _ahu.raw_state() as s),
    not _ahu.is_hypertable('ahu_data.energy_readings'::regclass),
    'where readings cannot be looked up nothing is to be added; a hypertable has its index'
);
create index on ahu_data.energy_readings (sf_cost_krw, timestamp);
create index on ahu_data.energy_readings (ahu_id, sf_cost_krw, timestamp);
create index on ahu_data.energy_readings (timestamp) where sf_cost_krw > 0;
select is(
    (select s.summed_as is null from _ahu.raw_state() as s),
    not _ahu.is_hypertable('ahu_data.energy_readings'::regclass),
    'nor where an index does not help'
);
create index ahu_first on ahu_data.energy_readings (ahu_id, timestamp);
select ok(
    (select s.summed_as is not null from _ahu.raw_state() as s),
    'an index on AHU and time does'
);
drop index ahu_data.ahu_first;
create index on ahu_data.energy_readings (timestamp, sf_cost_krw);
select ok(
    (select s.summed_as is not null from _ahu.raw_state() as s),
    'so does one on time, whatever comes after it'
);

create temp table seen as
select
    0 as number,
    s.summed_as,
    s.parts
from _ahu.raw_state() as s;

-- Whether the fingerprint is another than when this was last asked.
create function pg_temp.is_another()
returns boolean
language sql
as $is_another$
    with now as (
        insert into seen (number, summed_as, parts)
        select
            (select max(n.number) + 1 from seen as n),
            s.summed_as,
            s.parts
        from _ahu.raw_state() as s
        returning parts
    )
    select
        n.parts <> (select e.parts from seen as e order by e.number desc limit 1)
    from now as n
$is_another$;

select is(
    (select num_nonnulls(s.summed_as, s.parts) from seen as s),
    2,
    'there are both, a fingerprint and a definition'
);
-- First of all the chunk or the row is there, so that what follows makes no new one.
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-01 12:00+09', 'AHU01', 1);
select pg_temp.is_another();
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
values ('2024-03-01 12:01+09', 'AHU01', 1);
update ahu_data.energy_readings set sf_cost_krw = 2;
delete from ahu_data.energy_readings;
select is(pg_temp.is_another(), false, 'writers change nothing about it');
analyze ahu_data.energy_readings;
create index on ahu_data.energy_readings (sf_cost_krw);
select is(pg_temp.is_another(), false, 'nor do statistics and indexes');

do $new_part$
begin
    if _ahu.is_hypertable('ahu_data.energy_readings'::regclass) then
        insert into ahu_data.energy_readings (timestamp, ahu_id) values ('2031-03-01', 'AHU01');
    else
        create table ahu_data.part () inherits (ahu_data.energy_readings);
    end if;
end
$new_part$;
select is(pg_temp.is_another(), true, 'a part that comes changes it');
select is(pg_temp.is_another(), false, 'once');
do $gone_part$
begin
    if _ahu.is_hypertable('ahu_data.energy_readings'::regclass) then
        perform drop_chunks('ahu_data.energy_readings'::regclass, newer_than => '2031-01-01'::timestamptz);
    else
        drop table ahu_data.part;
    end if;
end
$gone_part$;
select is(pg_temp.is_another(), true, 'a part that goes changes it');
truncate ahu_data.energy_readings;
select is(pg_temp.is_another(), true, 'TRUNCATE changes it');
alter table ahu_data.energy_readings alter column outdoor_humidity type double precision;
select is(
    pg_temp.is_another(),
    not _ahu.is_hypertable('ahu_data.energy_readings'::regclass),
    'a rewrite changes it, where there is something to rewrite'
);
alter table ahu_data.energy_readings add column note text;
select is(pg_temp.is_another(), false, 'a column more does not');
alter table ahu_data.energy_readings drop column note;
select is(
    (select s.summed_as is null from _ahu.raw_state() as s),
    _ahu.blinds_triggers('ahu_data.energy_readings'::regclass),
    'where triggers are shown wrong rows nothing is to be added'
);
select is(pg_temp.is_another() and not _ahu.blinds_triggers('ahu_data.energy_readings'::regclass), false, 'a column less changes nothing else');
alter table ahu_data.energy_readings rename column sf_cost_krw to aside;
alter table ahu_data.energy_readings rename column electricity_cost_krw to sf_cost_krw;
alter table ahu_data.energy_readings rename column aside to electricity_cost_krw;
select is(
    pg_temp.is_another(),
    not _ahu.blinds_triggers('ahu_data.energy_readings'::regclass),
    'columns that change their names change it'
);
update ahu.settings set add_inserted = false;
select is(
    (select num_nulls(s.summed_as, s.parts) from _ahu.raw_state() as s),
    1,
    'where a DBA wants nothing added there is no definition'
);

select * from finish();
