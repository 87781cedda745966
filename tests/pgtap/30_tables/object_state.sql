-- What our objects looked like after the install: the table's shape, and what is in it.
select plan(6);

select columns_are(
    '_ahu',
    'object_state',
    array['path', 'name', 'part', 'state', 'written_by'],
    'the columns of the notes are these'
);
select col_is_pk('_ahu', 'object_state', array['name', 'part'], 'a part is noted once');

select set_eq(
    'select distinct s.path from _ahu.object_state as s',
    $$select l.path from _ahu.ledger as l where l.path !~ '^40_migrations'$$,
    'an install notes the object of each file that is in force'
);
select bag_eq(
    'select s.name, s.part, s.state from _ahu.object_state as s',
    'select d.name, d.part, d.state from _ahu.describe_objects() as d',
    'as it is, and there is nothing else'
);
select is_empty(
    $$
        select
            s.name
        from _ahu.object_state as s
        where s.part = 'kind'
            and pg_catalog.split_part(pg_catalog.split_part(s.name, '(', 1), '.', -1)
                <> pg_catalog.substring(s.path, '([^/]*)\.sql$')
    $$,
    'with the file that it stands in'
);
select set_eq(
    $$
        select
            s.written_by
        from _ahu.object_state as s
        where s.part = 'definition'
    $$,
    $$select current_setting('server_version_num')::integer / 10000$$,
    'and, where the server chose the words, which version did'
);

select * from finish();
