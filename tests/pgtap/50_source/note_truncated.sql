-- What a TRUNCATE leaves in the log: every stored day, and no evidence.
select plan(4);

-- Empties the log and tells it, a line for each entry: reason, day, AHUs with what was counted.
create function pg_temp.take_log()
returns setof text
language sql
as $take_log$
    with taken as (
        delete from _ahu.pending_changes
        returning reason, day, ahu_ids, net_readings, trust_raw
    )
    select
        concat_ws(
            ' ',
            t.reason,
            to_char(t.day, 'YYYY-MM-DD'),
            coalesce(
                (
                    select
                        string_agg(concat_ws(':', a.ahu_id, a.net_readings), ' ' order by a.ahu_id)
                    from unnest(t.ahu_ids, t.net_readings) as a (ahu_id, net_readings)
                ),
                'every AHU'
            ),
            case when t.trust_raw then 'trust raw' end
        ) as line
    from taken as t
    order by line
$take_log$;

truncate ahu_data.energy_readings;
select is_empty('select pg_temp.take_log()', 'with nothing stored, nothing is logged');

insert into ahu_data.energy_readings (timestamp, ahu_id)
values
    ('2024-03-01 12:00+09', 'AHU01'),
    ('2024-03-01 12:00+09', 'AHU02'),
    ('2024-03-05 12:00+09', 'AHU01');
call ahu.refresh_dashboard_views();
insert into ahu_data.energy_readings (timestamp, ahu_id)
values ('2024-03-09 12:00+09', 'AHU01');
delete from _ahu.pending_changes;

truncate ahu_data.energy_readings;
select ok(
    (select bool_and(p.net_readings is null) from _ahu.pending_changes as p),
    'what left is not counted'
);
select results_eq(
    'select pg_temp.take_log()',
    $$values ('truncate 2024-03-01 every AHU'), ('truncate 2024-03-05 every AHU')$$,
    'each stored day is logged once, for every AHU'
);
truncate ahu_data.energy_readings;
select is(
    (select count(*) from pg_temp.take_log()),
    2::bigint,
    'a second one logs them again'
);

select * from finish();
