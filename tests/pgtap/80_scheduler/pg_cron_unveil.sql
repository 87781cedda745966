-- The owner of the rollups may see our job of pg_cron, which is pretended here, and no other.
select plan(6);

call tap.pretend_pg_cron('1.6');
revoke usage on schema cron from public;
revoke select on cron.job, cron.job_run_details from public;
insert into cron.job (jobid, jobname, schedule, command, username)
values
    (1, 'a secret', '* * * * *', _ahu.pg_cron_command(), 'somebody'),
    (2, 'ahu-sql refresh', '* * * * *', _ahu.pg_cron_command(), 'somebody'),
    (3, null, '* * * * *', _ahu.pg_cron_command(), 'somebody'),
    (4, 'ahu-sql refresh', '* * * * *', 'select ''a secret''', 'somebody else');
insert into cron.job_run_details (jobid, username, status)
values
    (1, 'somebody', 'failed'),
    (2, 'somebody', 'succeeded'),
    (3, 'somebody', 'failed'),
    (4, 'somebody else', 'failed');
set local role ahu_owner;
select throws_ok('select jobid from cron.job', '42501', null, 'at first it may see nothing');
reset role;
call _ahu.pg_cron_unveil();
set local role ahu_owner;
select results_eq('select jobid from cron.job', 'values (2::bigint)', 'then it sees our job');
select results_eq(
    'select jobid from cron.job_run_details', 'values (2::bigint)', 'and our job''s runs'
);
select throws_ok('delete from cron.job', '42501', null, 'and changes nothing');
reset role;
select lives_ok('call _ahu.pg_cron_unveil()', 'once more is no error');
set local role ahu_read;
select throws_ok('select jobid from cron.job', '42501', null, 'nobody else sees more than before');
reset role;

select * from finish();
