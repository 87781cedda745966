-- An interval in cron's language, or an error: nothing is rounded. pg_cron's version is pretended.
select plan(43);

create function pg_temp.expressed(version text, every text)
returns text
language plpgsql
as $expressed$
begin
    delete from pg_extension
    where extname = 'pg_cron';
    if expressed.version is not null then
        call tap.pretend_extension('pg_cron', expressed.version);
    end if;
    return _ahu.pg_cron_expression(expressed.every::interval);
end
$expressed$;

select is(
    pg_temp.expressed(c.version, c.every),
    c.expression,
    format('pg_cron %s, every %s: %s', c.version, c.every, c.expression)
)
from (
    values
        ('1.4', '1 minute', '* * * * *'),
        ('1.4', '60 seconds', '* * * * *'),
        ('1.4', '2 minutes', '*/2 * * * *'),
        ('1.4', '6 minutes', '*/6 * * * *'),
        ('1.4', '360 seconds', '*/6 * * * *'),
        ('1.4', '30 minutes', '*/30 * * * *'),
        ('1.4', '1 hour', '0 * * * *'),
        ('1.4', '60 minutes', '0 * * * *'),
        ('1.4', '2 hours', '0 */2 * * *'),
        ('1.4', '12 hours', '0 */12 * * *'),
        ('1.4', '1 day', '0 0 * * *'),
        ('1.4', '24 hours', '0 0 * * *'),
        ('1.4-1', '6 minutes', '*/6 * * * *'),
        ('1.5', '1 second', '1 seconds'),
        ('1.5', '59 seconds', '59 seconds'),
        ('1.6', '30 seconds', '30 seconds'),
        ('1.10', '30 seconds', '30 seconds'),
        ('2.0', '30 seconds', '30 seconds'),
        ('1.6', '1 minute', '* * * * *'),
        (null, '6 minutes', '*/6 * * * *')
) as c (version, every, expression);

create temp table refused as
select
    c.version,
    c.every,
    tap.error_of(format('select pg_temp.expressed(%L, %L)', c.version, c.every)) as error
from (
    values
        ('1.4', '1 second'),
        ('1.4', '30 seconds'),
        ('1.4-1', '30 seconds'),
        (null, '30 seconds'),
        ('1.4', '7 minutes'),
        ('1.4', '90 seconds'),
        ('1.4', '45 minutes'),
        ('1.4', '90 minutes'),
        ('1.4', '5 hours'),
        ('1.4', '25 hours'),
        ('1.4', '2 days'),
        ('1.4', '1 month'),
        ('1.6', '1.5 seconds'),
        ('1.6', '6 minutes 0.5 seconds'),
        ('1.6', '61 seconds'),
        ('1.6', '7 minutes')
) as c (version, every);
select is(
    r.error[1:2],
    array['22023', 'pg_cron cannot run a job every ' || r.every::interval::text],
    coalesce('pg_cron ' || r.version, 'without pg_cron') || ' cannot run a job every ' || r.every
)
from refused as r;
select is(
    d.detail,
    d.wanted,
    'the detail says what can be: ' || d.wanted
)
from (
    select distinct
        r.error[3] as detail,
        'It goes by the clock: minutes that divide an hour, hours that divide a day, a day'
            || case when r.version = '1.6' then ', 1 to 59 seconds.' else '.' end as wanted
    from refused as r
) as d;
select results_eq(
    'select distinct error[4] from refused',
    $$values ('Choose one of those, such as: call ahu.schedule_refresh(''6 minutes'')')$$,
    'and the hint shows one that works'
);
set local intervalstyle = 'sql_standard';
select is(
    pg_temp.expressed('1.6', '30 seconds'),
    '30 seconds',
    'whatever way the session writes intervals'
);

-- Each one fires as often as it should: by the rules of cron, all of its hits in a day are as far
-- from each other as the interval is long.
create function pg_temp.field(field text, size integer)
returns integer[]
language sql
as $field$
    select
        array_agg(g.n order by g.n)
    from generate_series(0, size - 1) as g (n)
    where case
        when field.field = '*' then true
        when field.field like '*/%' then g.n % substr(field.field, 3)::integer = 0
        else g.n = field.field::integer
    end
$field$;
create function pg_temp.minutes_between(expression text)
returns integer[]
language sql
as $minutes_between$
    select
        array_agg(distinct g.gap)
    from (
        select
            h.minute - coalesce(
                lag(h.minute) over (order by h.minute), max(h.minute) over () - 1440
            ) as gap
        from (
            select
                f.hour * 60 + m.minute as minute
            from unnest(pg_temp.field(split_part(expression, ' ', 2), 24)) as f (hour)
            cross join unnest(pg_temp.field(split_part(expression, ' ', 1), 60)) as m (minute)
        ) as h
    ) as g
$minutes_between$;
select is(
    (
        select
            array_agg(g.minutes order by g.minutes)
        from generate_series(1, 1440) as g (minutes)
        where pg_temp.minutes_between(
            case
                when tap.error_of(
                    format('select pg_temp.expressed(''1.4'', %L)', g.minutes || ' minutes')
                ) is null
                then pg_temp.expressed('1.4', g.minutes || ' minutes')
            end
        ) = array[g.minutes]
    ),
    array[
        1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440
    ],
    'all whole minutes that cron can keep to are to be had'
);
select is_empty(
    $$
        select
            g.minutes
        from generate_series(1, 1440) as g (minutes)
        where tap.error_of(
                format('select pg_temp.expressed(''1.4'', %L)', g.minutes || ' minutes')
            ) is null
            and pg_temp.minutes_between(
                pg_temp.expressed('1.4', g.minutes || ' minutes')
            ) <> array[g.minutes]
    $$,
    'and no other is'
);
select volatility_is(
    '_ahu', 'pg_cron_expression', array['interval'], 'stable', 'asking writes nothing'
);

select * from finish();
