-- By which definition triggers may sum up: named after the columns that are summed up, and nothing
-- where the ETL could be stopped by it.
select plan(15);

-- What it is after a change of the raw table, which is undone: the same, another, or none.
create function pg_temp.after(change text)
returns text
language plpgsql
as $after$
declare
    v_before bigint := _ahu.summed_as('ahu_data.energy_readings'::regclass);
    v_after bigint;
begin
    execute after.change;
    v_after := _ahu.summed_as('ahu_data.energy_readings'::regclass);
    raise exception using message = case
        when v_after is null then 'none'
        when v_after = v_before then 'the same'
        else 'another'
    end;
exception
    when raise_exception then
        return sqlerrm;
end
$after$;

create domain pg_temp.cost as numeric;
select ok(
    _ahu.summed_as('ahu_data.energy_readings'::regclass) is not null,
    'the plant''s table can be summed up'
);
select is(
    pg_temp.after('alter table ahu_data.energy_readings ' || c.change),
    c.expected,
    c.title
)
from (
    values
        ('a measure that was renamed', 'rename sf_cost_krw to fan_cost_krw', 'none'),
        ('a measure that is gone', 'drop column pc_ccv_cold_water_kwh', 'none'),
        ('a measure that is a text', 'alter sf_cost_krw type text', 'none'),
        ('a measure that is real', 'alter sf_cost_krw type real', 'none'),
        ('a measure that is of somebody''s type', 'alter sf_cost_krw type pg_temp.cost', 'none'),
        ('a measure that is integer', 'alter sf_cost_krw type integer', 'another'),
        ('a measure with fewer digits', 'alter sf_cost_krw type numeric(20, 1)', 'the same'),
        (
            'a measure that is double precision',
            'alter sf_cost_krw type double precision',
            'another'
        ),
        (
            'a measure that is generated',
            'drop column sf_cost_krw, add column sf_cost_krw numeric '
                'generated always as (electricity_cost_krw * 2) stored',
            'none'
        ),
        ('another column''s type', 'alter outdoor_humidity type text', 'the same'),
        ('another column more', 'add column note text', 'the same')
) as c (title, change, expected);
select is(
    pg_temp.after('alter table ahu_data.energy_readings drop column outdoor_humidity'),
    case
        when _ahu.is_hypertable('ahu_data.energy_readings'::regclass)
            and _ahu.extension_version('timescaledb') < array[2, 26, 4]
        then 'none'
        else 'the same'
    end,
    'another column that is gone, where triggers then see wrong rows'
);
select is(
    pg_temp.after(
        'alter table ahu_data.energy_readings drop column sf_cost_krw; '
            'alter table ahu_data.energy_readings add column sf_cost_krw numeric default 7'
    ),
    case
        when _ahu.is_hypertable('ahu_data.energy_readings'::regclass)
            and _ahu.extension_version('timescaledb') < array[2, 26, 4]
        then 'none'
        else 'another'
    end,
    'a measure that is gone and comes back'
);
select is(
    pg_temp.after(
        'alter table ahu_data.energy_readings drop column sf_cost_krw, '
            'add column sf_cost_krw numeric generated always as (electricity_cost_krw * 2) virtual'
    ),
    'none',
    'a measure that is generated when it is read'
)
where current_setting('server_version_num')::integer >= 180000
union all
select pass('before PostgreSQL 18 nothing is generated when it is read')
where current_setting('server_version_num')::integer < 180000;

select * from finish();
