-- Which materialized view PostgreSQL refreshes CONCURRENTLY. Its own answer stands beside ours.
select plan(13);

select volatility_is(
    '_ahu', 'is_concurrent', array['regclass'], 'stable', 'asking writes nothing'
);
create table ahu_data.days (day date, ahu_id text);
insert into ahu_data.days (day, ahu_id)
values ('2024-03-01', 'AHU01');

-- What we say of a materialized view with the given index, and what PostgreSQL does.
create function pg_temp.judge(statements text)
returns text
language plpgsql
as $judge$
declare
    v_ours boolean;
begin
    drop materialized view if exists ahu_data.rollup;
    create materialized view ahu_data.rollup as
    select
        d.day,
        d.ahu_id
    from ahu_data.days as d;
    execute replace(judge.statements, 'index on r', 'index on ahu_data.rollup');
    v_ours := _ahu.is_concurrent('ahu_data.rollup');
    begin
        refresh materialized view concurrently ahu_data.rollup;
        return concat_ws(' ', 'ours:', v_ours, 'PostgreSQL''s:', true);
    exception
        when object_not_in_prerequisite_state or feature_not_supported then
            return concat_ws(' ', 'ours:', v_ours, 'PostgreSQL''s:', false);
    end;
end
$judge$;

select is(
    pg_temp.judge(c.statements),
    format('ours: %1$s PostgreSQL''s: %1$s', case when c.answer then 't' else 'f' end),
    c.title || case when c.answer then ': yes' else ': no' end
)
from (
    values
        ('no index', 'select', false),
        ('an index that is not unique', 'create index on r (day, ahu_id)', false),
        ('a unique index', 'create unique index on r (day, ahu_id)', true),
        ('a unique index that covers more',
            'create unique index on r (day) include (ahu_id)', true),
        ('a partial one', 'create unique index on r (day) where ahu_id > ''''', false),
        ('one on an expression', 'create unique index on r (day, lower(ahu_id))', false),
        ('a partial one beside a whole one',
            'create unique index on r (day) where ahu_id > '''';
            create unique index on r (day)',
            true),
        ('one where nulls are equal',
            'create unique index on r (day, ahu_id) nulls not distinct', true),
        ('one that is invalid',
            'create unique index on r (day);
            update pg_index set indisvalid = false
            where indrelid = ''ahu_data.rollup''::regclass',
            false),
        ('one that is checked later',
            'create unique index on r (day);
            update pg_index set indimmediate = false
            where indrelid = ''ahu_data.rollup''::regclass',
            false),
        ('never filled',
            'create unique index on r (day);
            refresh materialized view ahu_data.rollup with no data',
            false)
) as c (title, statements, answer);
select is(_ahu.is_concurrent(0::oid::regclass), null, 'of what is not there nothing is said');

select * from finish();
