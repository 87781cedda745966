-- What each table and view in our schemas is, but for its columns. Called by _ahu.describe_objects.
create or replace function _ahu.describe_relations()
returns table (
    name text,
    part text,
    state text,
    is_worded boolean
)
stable
set search_path = pg_catalog, pg_temp
language sql
as $describe_relations$
    with ours as (
        select
            c.oid,
            format('%I.%I', n.nspname, c.relname) as name,
            c.relkind,
            c.relpersistence,
            c.relreplident,
            c.relrowsecurity,
            c.relforcerowsecurity,
            c.reloptions
        from pg_class as c
        join pg_namespace as n
            on n.oid = c.relnamespace
        where n.nspname in ('ahu', '_ahu')
            and c.relkind in ('r', 'p', 'v', 'm', 'f')
    )
    select
        o.name,
        p.part,
        p.state,
        p.is_worded
    from ours as o
    cross join lateral (
        values
            (
                'kind',
                case o.relkind
                    when 'v' then 'view'
                    when 'm' then 'materialized view'
                    when 'f' then 'foreign table'
                    else 'table'
                end,
                false
            ),
            (
                'definition',
                encode(sha256(convert_to(pg_get_viewdef(o.oid), 'UTF8')), 'hex'),
                true
            ),
            (
                'persistence',
                case o.relpersistence when 'p' then 'logged' else 'unlogged' end,
                false
            ),
            ('row security', case when o.relrowsecurity then 'enabled' end, false),
            ('forced row security', case when o.relforcerowsecurity then 'forced' end, false),
            (
                'replica identity',
                case o.relreplident
                    when 'n' then 'nothing'
                    when 'f' then 'full'
                    when 'i'
                    then (
                        select
                            format('using index %I', i.relname)
                        from pg_index as x
                        join pg_class as i
                            on i.oid = x.indexrelid
                        where x.indrelid = o.oid
                            and x.indisreplident
                    )
                    else 'default'
                end,
                false
            )
    ) as p (part, state, is_worded)
    where o.relkind in ('r', 'm')
        or p.part in ('kind', 'definition')
    union all
    select
        o.name,
        'option ' || split_part(i.item, '=', 1),
        substr(i.item, strpos(i.item, '=') + 1),
        false
    from ours as o
    cross join lateral unnest(o.reloptions) as i (item)
    union all
    -- Since PostgreSQL 18 what is not null is a constraint too; here it is a part of its column.
    select
        o.name,
        'constraint ' || quote_ident(k.conname),
        pg_get_constraintdef(k.oid),
        true
    from ours as o
    join pg_constraint as k
        on k.conrelid = o.oid
    where k.contype <> 'n'
    union all
    select
        o.name,
        'index ' || quote_ident(i.relname),
        pg_get_indexdef(i.oid) || case when x.indisvalid then '' else ' (invalid)' end,
        true
    from ours as o
    join pg_index as x
        on x.indrelid = o.oid
    join pg_class as i
        on i.oid = x.indexrelid
    where not exists (
        select
        from pg_constraint as k
        where k.conindid = x.indexrelid
            and k.conrelid = o.oid
    )
$describe_relations$;

comment on function _ahu.describe_relations() is
    'Parts of each table and view of ahu-sql: definition (its SHA-256), constraints, indexes, '
    'options and the like.';

revoke all on function _ahu.describe_relations() from public;
