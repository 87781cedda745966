-- Owner, comment and rights of what is ours.
select plan(6);

create role mallory;
create function pg_temp.parts(name text)
returns table (part text, state text)
language sql
as $$
    select d.part, d.state from _ahu.describe_rights() as d
    where d.name = parts.name and d.part <> 'comment'
$$;

select set_eq(
    $$select part, state from pg_temp.parts('ahu.refresh_runs')$$,
    $$
        values
            ('owner', 'ahu_owner'),
            ('grant to ahu_read', 'select'),
            ('grant to pg_monitor', 'select'),
            (
                'grant to the owner',
                'delete, insert, references, select, trigger, truncate, update'
            )
    $$,
    'of a view: owner, and what the owner, our roles and pg_monitor may do, in each version'
);
select set_eq(
    $$select part, state from pg_temp.parts('ahu')$$,
    $$
        values
            ('kind', 'schema'),
            ('owner', 'ahu_owner'),
            ('grant to ahu_read', 'usage'),
            ('grant to ahu_write', 'usage'),
            ('grant to ahu_pgbouncer', 'usage'),
            ('grant to pg_monitor', 'usage'),
            ('grant to the owner', 'create, usage')
    $$,
    'of a schema'
);
select set_eq(
    $$select part, state from pg_temp.parts('_ahu.refresh_lock()')$$,
    $$values ('owner', 'ahu_owner'), ('grant to the owner', 'execute')$$,
    'of a function'
);

grant select on ahu.refresh_runs to mallory, public;
grant select (keys), update (days) on ahu.refresh_runs to ahu_write with grant option;
grant execute on function _ahu.refresh_lock() to mallory, ahu_read;
select set_eq(
    $$
        select part, state from pg_temp.parts('ahu.refresh_runs') where part <> 'grant to the owner'
        union all
        select part, state from pg_temp.parts('_ahu.refresh_lock()')
    $$,
    $$
        values
            ('owner', 'ahu_owner'),
            ('grant to PUBLIC', 'select'),
            ('grant to ahu_read', 'select'),
            ('grant to pg_monitor', 'select'),
            (
                'grant to ahu_write',
                'select (keys) with grant option, update (days) with grant option'
            ),
            ('grant to ahu_read', 'execute'),
            ('grant to the owner', 'execute')
    $$,
    'PUBLIC''s rights and those on columns are told, what others were granted is theirs'
);

comment on function _ahu.refresh_lock() is 'mine';
select is(
    (
        select
            d.state
        from _ahu.describe_rights() as d
        where d.name = '_ahu.refresh_lock()'
            and d.part = 'comment'
    ),
    'mine',
    'the comment is told as it stands'
);

alter function _ahu.refresh_lock() owner to mallory;
select is(
    (select p.state from pg_temp.parts('_ahu.refresh_lock()') as p where p.part = 'owner'),
    'mallory',
    'and so is another owner'
);

select * from finish();
