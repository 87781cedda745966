-- What a routine is and does.
select plan(6);

create function pg_temp.parts(name text)
returns table (part text, state text)
language sql
as $$
    select d.part, d.state from _ahu.describe_routines() as d
    where d.name = parts.name and d.state is not null and d.part <> 'body'
$$;

select set_eq(
    $$select part, state from pg_temp.parts('_ahu.is_tracked()')$$,
    $$
        values
            ('kind', 'function'),
            ('language', 'plpgsql'),
            ('parameters', ''),
            ('result', 'boolean'),
            ('volatility', 'stable'),
            ('security', 'definer'),
            ('parallel safety', 'u'),
            ('cost', '100'),
            ('number of rows', '0'),
            ('setting search_path', 'pg_catalog, pg_temp')
    $$,
    'all that CREATE FUNCTION says of it'
);
select set_eq(
    $$
        select part, state from pg_temp.parts('_ahu.hold_readings(date,date)')
        where part in ('kind', 'parameters', 'result')
    $$,
    $$values ('kind', 'procedure'), ('parameters', 'IN from_day date, IN until_day date')$$,
    'and of a procedure, which has no result'
);
select is(
    (
        select
            d.state
        from _ahu.describe_routines() as d
        where d.name = '_ahu.is_tracked()'
            and d.part = 'body'
    ),
    (
        select
            encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex')
        from pg_proc as p
        where p.oid = '_ahu.is_tracked()'::regprocedure
    ),
    'the body by its SHA-256'
);

create or replace function _ahu.is_tracked()
returns boolean
immutable
strict
leakproof
parallel restricted
cost 3
set work_mem = '64MB'
begin atomic
    select true;
end;
select set_eq(
    $$
        select part, state from pg_temp.parts('_ahu.is_tracked()')
        where part not in ('kind', 'parameters', 'result', 'number of rows')
    $$,
    $$
        values
            ('language', 'sql'),
            ('volatility', 'immutable'),
            ('strictness', 'strict'),
            ('security', 'invoker'),
            ('leakproofness', 'leakproof'),
            ('parallel safety', 'r'),
            ('cost', '3'),
            ('setting work_mem', '64MB')
    $$,
    'each clause has a part of its own'
);
select isnt(
    (
        select
            d.state
        from _ahu.describe_routines() as d
        where d.name = '_ahu.is_tracked()'
            and d.part = 'body'
    ),
    encode(sha256(''), 'hex'),
    'a body that is no text is told as well'
);
select set_eq(
    'select distinct d.part from _ahu.describe_routines() as d where d.is_worded',
    $$values ('parameters')$$,
    'only of the parameters'' defaults the server chooses the words'
);

select * from finish();
