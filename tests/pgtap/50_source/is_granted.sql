-- Whether a role may do something: by a grant, through another role, through PUBLIC or as owner.
select plan(17);

create schema "Odd, schema";
create table "Odd, schema"."Odd; table" (a integer);
create sequence "Odd, schema"."Odd; sequence";
create role ahu_test_group;
create role ahu_test_member;
create role ahu_test_owner;
grant ahu_test_group to ahu_test_member;
grant usage on schema "Odd, schema" to ahu_test_group;
grant select on "Odd, schema"."Odd; table" to ahu_test_group;
grant usage on sequence "Odd, schema"."Odd; sequence" to ahu_test_group;
grant insert on "Odd, schema"."Odd; table" to public;
grant update (a) on "Odd, schema"."Odd; table" to ahu_test_group;

select is(
    _ahu.is_granted(c.object_type, c.object_name, c.privilege, c.grantee),
    c.expected,
    c.title
)
from (
    values
        ('a table that was granted is', 'table', '"Odd, schema"."Odd; table"', 'select',
            'ahu_test_group', true),
        ('what was granted to a role, its members have', 'table', '"Odd, schema"."Odd; table"',
            'select', 'ahu_test_member', true),
        ('what was granted to PUBLIC, each role has', 'table', '"Odd, schema"."Odd; table"',
            'insert', 'ahu_test_owner', true),
        ('another privilege is not', 'table', '"Odd, schema"."Odd; table"', 'delete',
            'ahu_test_group', false),
        ('a privilege on one column is none on the table', 'table', '"Odd, schema"."Odd; table"',
            'update', 'ahu_test_group', false),
        ('another role has it not', 'table', '"Odd, schema"."Odd; table"', 'select',
            'ahu_test_owner', false),
        ('a schema that was granted is', 'schema', '"Odd, schema"', 'usage', 'ahu_test_member',
            true),
        ('a schema that was not granted is not', 'schema', '"Odd, schema"', 'create',
            'ahu_test_member', false),
        ('a sequence that was granted is', 'sequence', '"Odd, schema"."Odd; sequence"', 'usage',
            'ahu_test_member', true),
        ('a sequence that was not granted is not', 'sequence', '"Odd, schema"."Odd; sequence"',
            'update', 'ahu_test_member', false),
        ('a database is this one, whatever its name', 'database', 'gone', 'connect',
            'ahu_test_owner', true),
        ('the database may not be granted', 'database', current_database(), 'create',
            'ahu_test_owner', false),
        ('of a table that is not there nobody knows', 'table', 'ahu_data.gone', 'select',
            'ahu_test_owner', null),
        ('of a schema that is not there nobody knows', 'schema', 'gone', 'usage',
            'ahu_test_owner', null),
        ('of a sequence that is not there nobody knows', 'sequence', 'ahu_data.gone', 'usage',
            'ahu_test_owner', null)
) as c (title, object_type, object_name, privilege, grantee, expected);

alter table "Odd, schema"."Odd; table" owner to ahu_test_owner;
select is(
    _ahu.is_granted('table', '"Odd, schema"."Odd; table"', 'delete', 'ahu_test_owner'),
    true,
    'an owner has what nobody granted'
);
select throws_ok(
    'select _ahu.is_granted(''schema'', ''ahu'', ''usage'', ''nobody_at_all'')',
    '42704',
    'role "nobody_at_all" does not exist',
    'a role that is not there is an error'
);

select * from finish();
