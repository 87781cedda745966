-- The job of pg_cron, which is pretended here, goes with all that it needed.
select plan(11);

select lives_ok('call _ahu.pg_cron_unschedule()', 'without pg_cron there is nothing to do');
create schema cron;
select lives_ok('call _ahu.pg_cron_unschedule()', 'a schema of that name is not pg_cron');
drop schema cron;
call tap.pretend_pg_cron('1.6');
revoke usage on schema cron from public;
select lives_ok('call _ahu.pg_cron_unschedule()', 'nor is there anything to do without a job');

create temp table before as
select
    n.nspacl::text as schema_acl,
    c.relacl::text as table_acl
from pg_class as c
join pg_namespace as n
    on n.oid = c.relnamespace
where c.oid = 'cron.job'::regclass;
insert into cron.job (jobname, schedule, command, database, username)
values
    ('another', '* * * * *', _ahu.pg_cron_command(), current_database(), 'a'),
    ('ahu-sql refresh', '* * * * *', _ahu.pg_cron_command(), 'another_database', 'b'),
    ('ahu-sql refresh', '* * * * *', 'select 1', current_database(), 'c'),
    ('ahu-sql refresh', '* * * * *', _ahu.pg_cron_command(), current_database(), 'd'),
    ('ahu-sql refresh', '*/2 * * * *', _ahu.pg_cron_command(), current_database(), 'e');
call _ahu.pg_cron_unveil();
call _ahu.pg_cron_unschedule();
select set_eq(
    'select jobname, database, username from cron.job',
    $$
        values
            ('another', current_database()::text, 'a'),
            ('ahu-sql refresh', 'another_database', 'b'),
            ('ahu-sql refresh', current_database(), 'c')
    $$,
    'our jobs in this database are gone, and no other, such as one that only has the name'
);
select is_empty(
    'select polname from pg_policy where polname = ''ahu_owner_sees_its_job''',
    'so is the right to see them'
);
select ok(
    not has_schema_privilege('ahu_owner', 'cron', 'usage'),
    'and to look into pg_cron at all'
);
select results_eq(
    $$
        select
            n.nspacl::text,
            c.relacl::text
        from pg_class as c
        join pg_namespace as n
            on n.oid = c.relnamespace
        where c.oid = 'cron.job'::regclass
    $$,
    'select schema_acl, table_acl from before',
    'its grants are what they were'
);
select lives_ok('call _ahu.pg_cron_unschedule()', 'once more is no error');
create role visiting_dba;
grant ahu_owner to visiting_dba;
grant usage on schema cron to visiting_dba;
call _ahu.pg_cron_unveil();
set local role visiting_dba;
select is(
    tap.error_of('call _ahu.pg_cron_unschedule()'),
    array[
        '42501',
        'role "visiting_dba" may not remove the job of pg_cron',
        'pg_cron belongs to postgres.',
        'Connect as that role or as a superuser: call ahu.unschedule_refresh()'
    ],
    'somebody who may not remove what let us see the job is told so'
);
reset role;
select isnt_empty(
    'select polname from pg_policy where polname = ''ahu_owner_sees_its_job''',
    'and has removed nothing'
);
call _ahu.pg_cron_unschedule();
revoke usage on schema cron from visiting_dba;
set local role visiting_dba;
select lives_ok(
    'call _ahu.pg_cron_unschedule()', 'nor is it for somebody who may not look into pg_cron'
);
reset role;

select * from finish();
