-- What tables and views are, but for their columns.
select plan(6);

create function pg_temp.parts(name text)
returns table (part text, state text)
language sql
as $$
    select d.part, d.state from _ahu.describe_relations() as d
    where d.name = parts.name and d.state is not null
$$;

select set_eq(
    $$select part, state from pg_temp.parts('_ahu.daily_rollup')$$,
    $$
        values
            ('kind', 'table'),
            ('persistence', 'logged'),
            ('replica identity', 'default'),
            ('option fillfactor', '70'),
            ('constraint daily_rollup_pkey', 'PRIMARY KEY (day, ahu_id)'),
            ('constraint daily_rollup_readings_check', 'CHECK ((readings > 0))'),
            (
                'index daily_rollup_ahu_id_day_idx',
                'CREATE INDEX daily_rollup_ahu_id_day_idx ON _ahu.daily_rollup USING btree '
                    '(ahu_id, day)'
            )
    $$,
    'of a table: constraints and indexes once each, options, replica identity'
);
select set_eq(
    $$select part from pg_temp.parts('ahu.freshness')$$,
    $$values ('kind'), ('definition')$$,
    'of a view: its definition'
);

alter table _ahu.daily_rollup
    replica identity using index daily_rollup_pkey,
    set unlogged,
    enable row level security,
    force row level security,
    reset (fillfactor);
update pg_index
set indisvalid = false
where indexrelid = '_ahu.daily_rollup_ahu_id_day_idx'::regclass;
select set_eq(
    $$
        select part, state from pg_temp.parts('_ahu.daily_rollup')
        where part !~ '^(kind|constraint)'
    $$,
    $$
        values
            ('persistence', 'unlogged'),
            ('replica identity', 'using index daily_rollup_pkey'),
            ('row security', 'enabled'),
            ('forced row security', 'forced'),
            (
                'index daily_rollup_ahu_id_day_idx',
                'CREATE INDEX daily_rollup_ahu_id_day_idx ON _ahu.daily_rollup USING btree '
                    '(ahu_id, day) (invalid)'
            )
    $$,
    'each change is told'
);

create temporary table noted as
select p.state from pg_temp.parts('ahu.mv_daily_ahu_costs') as p where p.part = 'definition';
alter view ahu.mv_daily_ahu_costs set (security_barrier);
select set_eq(
    $$select part from pg_temp.parts('ahu.mv_daily_ahu_costs')$$,
    $$values ('kind'), ('definition'), ('option security_barrier')$$,
    'of a view its options'
);
create or replace view ahu.mv_daily_ahu_costs as
select
    d.day,
    d.ahu_id,
    d.steam_cost,
    d.cold_water_cost,
    d.electricity_cost,
    d.total_cost + 1 as total_cost
from _ahu.daily_summary as d;
select isnt_empty(
    $$
        select state from pg_temp.parts('ahu.mv_daily_ahu_costs') where part = 'definition'
        except
        select state from pg_temp.noted
    $$,
    'and another definition'
);
select is_empty(
    $$
        select
            d.name
        from _ahu.describe_relations() as d
        where d.part in ('kind', 'persistence', 'replica identity')
            and d.is_worded
    $$,
    'what has no words of the server''s is the same in each version'
);

select * from finish();
