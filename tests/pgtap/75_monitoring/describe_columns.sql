-- Columns of tables and views.
select plan(4);

create function pg_temp.parts(name text)
returns table (part text, state text, is_worded boolean)
language sql
as $$
    select d.part, d.state, d.is_worded from _ahu.describe_columns() as d
    where d.name = parts.name and d.state is not null and d.part !~ '^comment'
$$;

select set_eq(
    $$
        select part, state, is_worded from pg_temp.parts('_ahu.refresh_run')
        where part ~ 'run_id|keys'
        union all
        select part, state, is_worded from pg_temp.parts('_ahu.pending_changes')
        where part ~ 'trust_raw|ahu_ids'
    $$,
    $$
        values
            ('column run_id', 'bigint generated always as identity', false),
            ('NOT NULL of column run_id', 'not null', false),
            ('column keys', 'bigint', false),
            ('NOT NULL of column keys', 'not null', false),
            ('column trust_raw', 'boolean', false),
            ('NOT NULL of column trust_raw', 'not null', false),
            ('default of column trust_raw', 'false', true),
            ('column ahu_ids', 'text[]', false)
    $$,
    'of a table: types, identities, defaults and what is not null'
);
select matches(
    (
        select
            p.state
        from pg_temp.parts('_ahu.daily_rollup') as p
        where p.part = 'column total_cost'
            and p.is_worded
    ),
    '^numeric generated always as \(\s*CASE.*\) stored$',
    'of a generated column its expression, in the server''s words'
);
select set_eq(
    $$select part, state from pg_temp.parts('ahu.mv_monthly_ahu_costs')$$,
    $$
        values (
            'columns',
            'month date, ahu_id text, steam_cost numeric, cold_water_cost numeric, '
                'electricity_cost numeric, total_cost numeric'
        )
    $$,
    'of a view all of them in one part, in their order'
);
select is(
    (
        select
            d.state
        from _ahu.describe_columns() as d
        where d.name = 'ahu.mv_monthly_ahu_costs'
            and d.part = 'comment on column month'
    ),
    'First day of the month, in the site''s time zone.',
    'and each one''s comment'
);

select * from finish();
