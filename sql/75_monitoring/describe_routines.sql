-- What each routine in our schemas is and does. Called by _ahu.describe_objects.
create or replace function _ahu.describe_routines()
returns table (
    name text,
    part text,
    state text,
    is_worded boolean
)
stable
set search_path = pg_catalog, pg_temp
language sql
as $describe_routines$
    with ours as (
        select
            p.oid,
            p.oid::regprocedure::text as name,
            p.prokind,
            p.prosrc,
            p.prolang,
            p.provolatile,
            p.proisstrict,
            p.prosecdef,
            p.proleakproof,
            p.proparallel,
            p.procost,
            p.prorows,
            p.proconfig
        from pg_proc as p
        join pg_namespace as n
            on n.oid = p.pronamespace
        where n.nspname in ('ahu', '_ahu')
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
                case o.prokind
                    when 'f' then 'function'
                    when 'p' then 'procedure'
                    else 'routine'
                end,
                false
            ),
            (
                'body',
                encode(
                    sha256(
                        convert_to(coalesce(pg_get_function_sqlbody(o.oid), o.prosrc), 'UTF8')
                    ),
                    'hex'
                ),
                false
            ),
            (
                'language',
                (select l.lanname::text from pg_language as l where l.oid = o.prolang),
                false
            ),
            ('parameters', pg_get_function_arguments(o.oid), true),
            ('result', pg_get_function_result(o.oid), false),
            (
                'volatility',
                case o.provolatile
                    when 'i' then 'immutable'
                    when 's' then 'stable'
                    else 'volatile'
                end,
                false
            ),
            ('strictness', case when o.proisstrict then 'strict' end, false),
            ('security', case when o.prosecdef then 'definer' else 'invoker' end, false),
            ('leakproofness', case when o.proleakproof then 'leakproof' end, false),
            ('parallel safety', o.proparallel::text, false),
            ('cost', o.procost::text, false),
            ('number of rows', o.prorows::text, false)
    ) as p (part, state, is_worded)
    union all
    select
        o.name,
        'setting ' || split_part(c.item, '=', 1),
        substr(c.item, strpos(c.item, '=') + 1),
        false
    from ours as o
    cross join lateral unnest(o.proconfig) as c (item)
$describe_routines$;

comment on function _ahu.describe_routines() is
    'Parts of each function and procedure of ahu-sql: body (its SHA-256), parameters, result, '
    'volatility, security, settings and the like.';

revoke all on function _ahu.describe_routines() from public;
