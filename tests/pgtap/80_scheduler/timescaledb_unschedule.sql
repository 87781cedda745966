-- The job of TimescaleDB's scheduler goes; it is pretended, by tap.pretend_timescaledb.
select plan(5);

select lives_ok('call _ahu.timescaledb_unschedule()', 'without TimescaleDB there is nothing to do');
call tap.pretend_timescaledb('2.19.3', 'timescale');
select lives_ok('call _ahu.timescaledb_unschedule()', 'nor is there without a job');
insert into timescaledb_information.jobs (proc_schema, proc_name)
values
    ('public', 'refresh_job'),
    ('_ahu', 'refresh_job'),
    ('_ahu', 'refresh_job');
set local timescaledb.license = 'apache';
call _ahu.timescaledb_unschedule();
select results_eq(
    'select proc_schema::text collate "default" from timescaledb_information.jobs',
    'values (''public'')',
    'ours are deleted whatever the licence has become, and no other'
);
select lives_ok('call _ahu.timescaledb_unschedule()', 'once more is no error');
create schema somewhere;
alter function public.delete_job(integer) set schema somewhere;
update pg_extension
set extnamespace = 'somewhere'::regnamespace
where extname = 'timescaledb';
insert into timescaledb_information.jobs (proc_schema, proc_name)
values ('_ahu', 'refresh_job');
call _ahu.timescaledb_unschedule();
select results_eq(
    'select proc_schema::text collate "default" from timescaledb_information.jobs',
    'values (''public'')',
    'wherever TimescaleDB was installed'
);

select * from finish();
