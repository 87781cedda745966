-- What a TRUNCATE leaves in the log: every stored day, and no evidence.
select plan(4);

truncate ahu_data.energy_readings;
select is_empty('select tap.take_log()', 'with nothing stored, nothing is logged');

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
    'select tap.take_log()',
    $$values ('truncate 2024-03-01 every AHU'), ('truncate 2024-03-05 every AHU')$$,
    'each stored day is logged once, for every AHU'
);
truncate ahu_data.energy_readings;
select is(
    (select count(*) from tap.take_log()),
    2::bigint,
    'a second one logs them again'
);

select * from finish();
