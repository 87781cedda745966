-- Which scheduler is used where there are several; they are pretended here, by calls of
-- tap.pretend_timescaledb and tap.pretend_pg_cron.
select plan(7);

select is(_ahu.scheduler(), null, 'a plain database has none');
set local timescaledb.license = 'timescale';
select is(_ahu.scheduler(), null, 'a setting is no scheduler');
call tap.pretend_pg_cron('1.6');
select is(_ahu.scheduler(), 'pg_cron', 'pg_cron is one');
call tap.pretend_timescaledb('2.19.3', 'timescale');
select is(_ahu.scheduler(), 'timescaledb', 'that of TimescaleDB comes first');
set local timescaledb.license = 'apache';
select is(_ahu.scheduler(), 'pg_cron', 'unless its licence has none');
delete from pg_extension
where extname = 'pg_cron';
select is(_ahu.scheduler(), null, 'and then there may be none');
select volatility_is('_ahu', 'scheduler', array[]::text[], 'stable', 'asking writes nothing');

select * from finish();
