-- Readings that a MERGE moves to another partition are counted once, whatever actions it has beside.
-- Without the word MERGE in the text: tests/py/database/test_merge.py.
select plan(7);

create table ahu_data.parted (like ahu_data.energy_readings) partition by list (ahu_id);
create table ahu_data.parted_ahu01 partition of ahu_data.parted for values in ('AHU01');
create table ahu_data.parted_else partition of ahu_data.parted default;
update _ahu.source
set table_name = 'parted';
call tap.track();

-- What the log says beside what became of the readings: of each key, as many as it has gained.
create function pg_temp.miscounted(command text)
returns setof text
language plpgsql
as $miscounted$
begin
    call tap.fill_parted();
    create temporary table before on commit drop as
    select
        r.ahu_id,
        (r.timestamp at time zone 'Asia/Seoul')::date as day
    from ahu_data.parted as r
    where r.ahu_id is not null
        and r.timestamp is not null;
    execute command;
    return query
    select
        format(
            '%s %s: %s counted, %s came',
            coalesce(c.day, k.day), coalesce(c.ahu_id, k.ahu_id), c.counted, k.came
        )
    from (
        select
            p.day,
            a.ahu_id,
            sum(a.net_readings) as counted
        from _ahu.pending_changes as p
        cross join lateral unnest(p.ahu_ids, p.net_readings) as a (ahu_id, net_readings)
        group by
            p.day,
            a.ahu_id
    ) as c
    full join (
        select
            x.day,
            x.ahu_id,
            sum(x.one) as came
        from (
            select
                (r.timestamp at time zone 'Asia/Seoul')::date as day,
                r.ahu_id,
                1 as one
            from ahu_data.parted as r
            where r.ahu_id is not null
                and r.timestamp is not null
            union all
            select
                b.day,
                b.ahu_id,
                -1
            from before as b
        ) as x
        group by
            x.day,
            x.ahu_id
    ) as k
        on k.day = c.day
        and k.ahu_id = c.ahu_id
    where coalesce(c.counted, 0) <> coalesce(k.came, 0);
    drop table before;
end
$miscounted$;

select is_empty(
    format('select pg_temp.miscounted(%L)', c.command),
    c.what
)
from (
    values
        (
            'a MERGE that moves to another partition, deletes and inserts',
            $$
                merge into ahu_data.parted as r
                using (values (1), (2), (3), (9)) as s (n)
                    on r.timestamp = '2024-01-10 12:00+09'::timestamptz + s.n * interval '1 minute'
                    and r.ahu_id = 'AHU01'
                when matched and s.n > 1 then update set ahu_id = 'AHU09'
                when matched then delete
                when not matched then insert (timestamp, ahu_id) values ('2024-01-10 12:09+09', 'AHU01')
            $$
        ),
        (
            'a MERGE that moves, and has an action for deleting that meets nothing',
            $$
                merge into ahu_data.parted as r
                using (values (1), (2)) as s (n)
                    on r.timestamp = '2024-01-10 12:00+09'::timestamptz + s.n * interval '1 minute'
                    and r.ahu_id = 'AHU01'
                when matched and s.n > 0 then update set ahu_id = 'AHU09'
                when matched then delete
            $$
        ),
        (
            'a MERGE that moves and inserts',
            $$
                merge into ahu_data.parted as r
                using (values (1), (9)) as s (n)
                    on r.timestamp = '2024-01-10 12:00+09'::timestamptz + s.n * interval '1 minute'
                    and r.ahu_id = 'AHU01'
                when matched then update set ahu_id = 'AHU09'
                when not matched then insert (timestamp, ahu_id) values ('2024-01-10 12:09+09', 'AHU01')
            $$
        ),
        (
            'a MERGE that moves alone',
            $$
                merge into ahu_data.parted as r
                using (values (1)) as s (n)
                    on r.timestamp = '2024-01-10 12:01+09'::timestamptz
                    and r.ahu_id = 'AHU01'
                when matched then update set ahu_id = 'AHU09'
            $$
        ),
        (
            'a MERGE that moves to another day of the same partition, and deletes',
            $$
                merge into ahu_data.parted as r
                using (values (1), (2)) as s (n)
                    on r.timestamp = '2024-01-10 12:00+09'::timestamptz + s.n * interval '1 minute'
                    and r.ahu_id = 'AHU01'
                when matched and s.n = 1 then update set timestamp = '2024-01-11 12:00+09'
                when matched then delete
            $$
        ),
        (
            'an UPDATE that moves, after a MERGE with actions of all kinds',
            $$
                merge into ahu_data.parted as r
                using (values (1)) as s (n)
                    on false
                when matched and s.n = 1 then update set ahu_id = 'AHU09'
                when matched then delete
                when not matched then insert (timestamp, ahu_id) values ('2024-01-10 12:09+09', 'AHU01');
                update ahu_data.parted set ahu_id = 'AHU09' where ahu_id = 'AHU01'
            $$
        )
) as c (what, command);

-- MERGE may come from a function of the ETL's.
create procedure pg_temp.load()
language plpgsql
as $load$
begin
    merge into ahu_data.parted as r
    using (values (1), (2)) as s (n)
        on r.timestamp = '2024-01-10 12:00+09'::timestamptz + s.n * interval '1 minute'
        and r.ahu_id = 'AHU01'
    when matched and s.n > 1 then update set ahu_id = 'AHU09'
    when matched then delete;
end
$load$;
select is_empty(
    $$select pg_temp.miscounted('call pg_temp.load()')$$,
    'a MERGE in a procedure'
);
