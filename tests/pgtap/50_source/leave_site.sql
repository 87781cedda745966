-- Uninstall gives back what was there before us, and takes nothing that was not ours.
select plan(18);

-- What an install found may have been other than nothing.
update _ahu.role_limits
set value_before = case setting
    when 'statement_timeout' then '2min'
    when 'search_path' then '"$user", "Odd, name"'
    when 'connection limit' then '77'
end
where role_name = 'ahu_read';
update _ahu.role_limits
set value_before = '""'
where role_name = 'ahu_write'
    and setting = 'search_path';

-- A grant of the site's own, and a remembered one whose table is gone by now.
create table ahu_data.outdoor_weather (at timestamptz);
grant select on ahu_data.outdoor_weather to ahu_read;
grant usage on schema ahu_data to ahu_read;
create sequence ahu_data.numbers;
grant usage on sequence ahu_data.numbers to ahu_write;
do $grant_create$
begin
    execute format('grant create on database %I to ahu_write', current_database());
end
$grant_create$;
insert into _ahu.site_grants (object_type, object_name, privilege, grantee)
values
    ('sequence', 'ahu_data.numbers', 'usage', 'ahu_write'),
    ('database', quote_ident(current_database()), 'create', 'ahu_write'),
    ('table', 'ahu_data.gone', 'select', 'ahu_write'),
    ('schema', 'gone', 'usage', 'ahu_write'),
    ('table', 'ahu_data.outdoor_weather', 'select', 'nobody_any_more');

-- A right that somebody had taken from everybody before we could, and a function that is gone.
delete from _ahu.site_revokes
where function_name = 'pg_catalog.lo_creat(integer)';
insert into _ahu.site_revokes (function_name)
values ('pg_catalog.gone(integer)');

-- A trigger of the site's own.
create function pg_temp.note_nothing()
returns trigger
language plpgsql
as 'begin return null; end';
create trigger site_trigger after insert on ahu_data.energy_readings
for each statement execute function pg_temp.note_nothing();

-- A partitioned raw table, whose row trigger is on its partitions too.
create table ahu_data.parted (like ahu_data.energy_readings) partition by range (timestamp);
create table ahu_data.parted_2024_01 partition of ahu_data.parted
for values from ('2024-01-01 00:00+09') to ('2024-02-01 00:00+09');
create table ahu_data.parted_2024_02 partition of ahu_data.parted
for values from ('2024-02-01 00:00+09') to ('2024-03-01 00:00+09');
create table ahu_data.parted_else partition of ahu_data.parted default;
update _ahu.source
set table_name = 'parted';
create procedure pg_temp.track(triggers text default '.')
language plpgsql
as $track$
declare
    v_table regclass;
    v_row record;
begin
    select
        format('%I.%I', s.table_schema, s.table_name)::regclass
    into v_table
    from _ahu.source as s;

    for v_row in
        select
            w.trigger_name,
            w.occasion,
            w.call
        from _ahu.wanted_triggers() as w
        where w.trigger_name ~ track.triggers
    loop
        execute format(
            'create trigger %I ' || v_row.occasion || ' execute function %s',
            v_row.trigger_name,
            v_table,
            v_row.call
        );
    end loop;
end
$track$;
call pg_temp.track();

call _ahu.leave_site();

select is_empty(
    $$
        select
            t.tgname
        from pg_trigger as t
        where t.tgrelid in (select p.relid from pg_partition_tree('ahu_data.parted') as p)
    $$,
    'our triggers are gone from a partitioned table and its partitions'
);
select results_eq(
    $$
        select
            t.tgname
        from pg_trigger as t
        where t.tgrelid = 'ahu_data.energy_readings'::regclass
            and not t.tgisinternal
    $$,
    'values (''site_trigger''::name)',
    'our triggers are gone from the raw table, the site''s own is not'
);
select lives_ok(
    'insert into ahu_data.energy_readings (timestamp, ahu_id) values (now(), ''AHU01'')',
    'the raw table takes readings'
);
select is_empty('select * from _ahu.pending_changes', 'and nothing notes them');

select is(
    (
        select
            s.setconfig
        from pg_db_role_setting as s
        join pg_database as d
            on d.oid = s.setdatabase
        where s.setrole = 'ahu_read'::regrole
            and d.datname = current_database()
    ),
    array['statement_timeout=2min', 'search_path="$user", "Odd, name"'],
    'ahu_read has the limits back that it had before'
);
select is(
    (
        select
            s.setconfig
        from pg_db_role_setting as s
        join pg_database as d
            on d.oid = s.setdatabase
        where s.setrole = 'ahu_write'::regrole
            and d.datname = current_database()
    ),
    array['search_path=""'],
    'ahu_write had an empty search_path and no other limit, and has that again'
);
select is_empty(
    $$
        select
            s.setconfig
        from pg_db_role_setting as s
        where s.setrole = 'ahu_pgbouncer'::regrole
            and s.setdatabase in (
                0,
                (select d.oid from pg_database as d where d.datname = current_database())
            )
    $$,
    'ahu_pgbouncer had no limit, and has none again'
);
select set_eq(
    $$
        select
            r.rolname::text,
            r.rolconnlimit
        from pg_roles as r
        where r.rolname in ('ahu_read', 'ahu_write', 'ahu_pgbouncer')
    $$,
    'values (''ahu_read'', 77), (''ahu_write'', -1), (''ahu_pgbouncer'', -1)',
    'the connection limits are what they were'
);
select is_empty(
    $$
        select
            a.privilege_type
        from pg_class as c
        cross join lateral aclexplode(c.relacl) as a
        where c.oid = 'ahu_data.energy_readings'::regclass
            and a.grantee in ('ahu_owner'::regrole, 'ahu_write'::regrole)
    $$,
    'our grants on the raw table are gone'
);
select ok(
    not has_schema_privilege('ahu_owner', 'ahu_data', 'usage')
        and not has_schema_privilege('ahu_write', 'ahu_data', 'usage'),
    'so are those on its schema'
);
select ok(
    not has_sequence_privilege('ahu_write', 'ahu_data.numbers', 'usage'),
    'so is one on a sequence'
);
select ok(
    not has_database_privilege('ahu_write', current_database(), 'create'),
    'so is one on the database'
);
select ok(
    has_table_privilege('ahu_read', 'ahu_data.outdoor_weather', 'select')
        and has_schema_privilege('ahu_read', 'ahu_data', 'usage'),
    'what the site granted stays'
);
select set_eq(
    $$
        select
            f.name,
            has_function_privilege('public', f.name, 'execute')
        from (
            values ('lo_creat(integer)'), ('lo_create(oid)'), ('lo_from_bytea(oid, bytea)')
        ) as f (name)
    $$,
    $$
        values
            ('lo_creat(integer)', false),
            ('lo_create(oid)', true),
            ('lo_from_bytea(oid, bytea)', true)
    $$,
    'PUBLIC has the rights back that we took, and no other'
);
select lives_ok('call _ahu.leave_site()', 'leaving twice is leaving once');

-- A raw table that was renamed since the install.
update _ahu.source
set table_name = 'energy_readings';
call pg_temp.track();
grant select on ahu_data.energy_readings to ahu_owner;
grant insert on ahu_data.energy_readings to ahu_write;
alter table ahu_data.energy_readings rename to "Readings of 2023";
select isnt_empty(
    $$
        select
            a.privilege_type
        from pg_class as c
        cross join lateral aclexplode(c.relacl) as a
        where c.oid = 'ahu_data."Readings of 2023"'::regclass
            and a.grantee in ('ahu_owner'::regrole, 'ahu_write'::regrole)
    $$,
    'our grants stay on a raw table that is renamed'
);
call _ahu.leave_site();
select is_empty(
    $$
        select
            a.privilege_type
        from pg_class as c
        cross join lateral aclexplode(c.relacl) as a
        where c.oid = 'ahu_data."Readings of 2023"'::regclass
            and a.grantee in ('ahu_owner'::regrole, 'ahu_write'::regrole)
    $$,
    'and are gone from it after leaving'
);
select results_eq(
    $$
        select
            t.tgname
        from pg_trigger as t
        where t.tgrelid = 'ahu_data."Readings of 2023"'::regclass
            and not t.tgisinternal
    $$,
    'values (''site_trigger''::name)',
    'so are our triggers'
);

select * from finish();
