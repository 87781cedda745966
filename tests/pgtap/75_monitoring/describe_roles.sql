-- What our roles may do in the whole server.
select plan(5);

select set_eq(
    $$
        select
            d.name,
            d.state
        from _ahu.describe_roles() as d
        where d.part = 'attribute login'
    $$,
    $$
        values
            ('ahu_owner', 'nologin'),
            ('ahu_read', 'login'),
            ('ahu_write', 'login'),
            ('ahu_pgbouncer', 'login')
    $$,
    'our four roles are told of'
);
select set_eq(
    $$select distinct d.part from _ahu.describe_roles() as d where d.state is not null$$,
    $$values ('kind'), ('comment'), ('attribute login'), ('attribute inherit')$$,
    'that may do nothing else in the server, and are members of none of the others'
);

alter role ahu_write createdb noinherit;
comment on role ahu_write is null;
grant ahu_owner, pg_monitor to ahu_write;
select set_eq(
    $$
        select
            d.part,
            d.state
        from _ahu.describe_roles() as d
        where d.name = 'ahu_write'
            and d.state is not null
    $$,
    $$
        values
            ('kind', 'role'),
            ('attribute login', 'login'),
            ('attribute inherit', 'noinherit'),
            ('attribute createdb', 'createdb'),
            ('membership in ahu_owner', 'member')
    $$,
    'an attribute, a comment and a membership among them are told'
);
select is_empty(
    $$select d.part from _ahu.describe_roles() as d where d.part ~ 'pg_monitor'$$,
    'what else a site makes them members of is the site''s'
);
select is_empty(
    'select d.part from _ahu.describe_roles() as d where d.is_worded',
    'in words of ours'
);

select * from finish();
