-- Units of energy: exact factors, and no guessing.
select plan(20);

select is(
    _ahu.kwh_per_unit(u.unit)::text,
    u.factor,
    coalesce(quote_literal(u.unit), 'no unit') || ' is ' || u.factor || ' kWh'
)
from (
    values
        ('Wh', '0.001'),
        ('kWh', '1'),
        ('MWh', '1000'),
        ('GWh', '1000000'),
        ('KWH', '1'),
        ('mwh', '1000'),
        (' kWh ', '1'),
        ('', '1'),
        ('  ', '1'),
        (null, '1')
) as u (unit, factor);
select is(
    tap.error_of(format('select _ahu.kwh_per_unit(%L)', u.unit)),
    array[
        '22023',
        'a reading of energy has the unit "' || u.unit || '"',
        'It cannot be made kWh exactly; Wh, kWh, MWh and GWh can.',
        'Correct the readings of that unit, or have the column left out of account: '
            'ahu-sql install --set source.unit_column='
    ],
    'it is an error and no guess: ' || u.unit
)
from (values ('kW'), ('MJ'), ('kWh/h'), ('k Wh'), ('Mcal'), ('°C'), ('TWh')) as u (unit);
select volatility_is(
    '_ahu', 'kwh_per_unit', array['text'], 'immutable', 'the same unit is always the same'
);
select isnt_strict(
    '_ahu', 'kwh_per_unit', array['text'], 'no unit has an answer, or its values would be lost'
);
select is(
    (
        select
            p.proparallel::text
        from pg_proc as p
        where p.oid = '_ahu.kwh_per_unit(text)'::regprocedure
    ),
    's',
    'workers of a parallel plan may ask'
);

select * from finish();
