-- What all our objects look like: in words that no session changes.
select plan(5);

create temporary table described as
select d.name, d.part, d.state, d.is_worded from _ahu.describe_objects() as d;

select is_empty(
    'select name, part from described group by name, part having count(*) > 1',
    'each part of an object is told once'
);
select is_empty(
    $$
        select
            p.oid::regprocedure::text
        from pg_proc as p
        where p.pronamespace in ('ahu'::regnamespace, '_ahu'::regnamespace)
        union all
        select
            c.oid::regclass::text
        from pg_class as c
        where c.relnamespace in ('ahu'::regnamespace, '_ahu'::regnamespace)
            and c.relkind not in ('i', 'S', 't')
        union all
        values ('ahu'), ('_ahu'), ('ahu_owner'), ('ahu_read'), ('ahu_write'), ('ahu_pgbouncer')
        except
        select name from described where part = 'kind'
    $$,
    'every schema, relation, routine and role of ours is told of'
);
select is_empty('select name from described where state is null', 'nothing is told of what is not');

set local quote_all_identifiers = on;
set local datestyle = 'German';
set local intervalstyle = 'iso_8601';
set local timezone = 'Asia/Kolkata';
set local search_path = _ahu, ahu, public, tap;
set local extra_float_digits = -3;
select bag_eq(
    'select name, part, state, is_worded from _ahu.describe_objects()',
    'select name, part, state, is_worded from pg_temp.described',
    'a session''s settings change no word'
);
reset quote_all_identifiers;

select function_privs_are(
    '_ahu', 'describe_objects', array[]::text[], 'ahu_read', array[]::text[],
    'ahu_read may not ask'
);

select * from finish();
