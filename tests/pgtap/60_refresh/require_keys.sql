-- What names no keys is refused, in the words of the procedure that was called.
-- More of it: mark_changed.sql.
select plan(14);

create temp table refused as
select
    c.title,
    c.said,
    tap.error_of('call _ahu.require_keys(' || c.arguments || ', ''call ahu.do(%s, 7)'')') as error
from (
    values
        (
            'no day',
            'null, ''2024-03-01'', null',
            array[
                '22023',
                'from_day and until_day must both be days',
                'from_day is null, until_day is 2024-03-01; days go from 0001-01-02 to '
                    '9999-12-29.',
                'Name the first and the last day: '
                    'call ahu.do(''2025-01-01'', ''2025-01-31'', 7)'
            ]
        ),
        (
            'a span that runs backwards',
            '''2024-03-02'', ''2024-03-01'', null',
            array[
                '22023',
                'until_day lies before from_day',
                'from_day is 2024-03-02, until_day is 2024-03-01.',
                'Name the first and the last day, both included: '
                    'call ahu.do(''2025-01-01'', ''2025-01-31'', 7)'
            ]
        ),
        (
            'more than a hundred years',
            '''1901-01-01'', ''2024-03-01'', null',
            array[
                '22023',
                'from_day to until_day is more than a hundred years',
                'from_day is 1901-01-01, until_day is 2024-03-01.',
                'Name the days that have readings.'
            ]
        ),
        (
            'no AHU',
            '''2024-03-01'', ''2024-03-01'', ''{}''',
            array[
                '22023',
                'ahu_ids must name AHUs',
                'ahu_ids is {}.',
                'Pass null for all AHUs, or name some: array[''AHU01'', ''AHU02'']'
            ]
        ),
        (
            'an AHU without a name',
            '''2024-03-01'', ''2024-03-01'', array[''AHU01'', null]',
            array[
                '22023',
                'ahu_ids must name AHUs',
                'ahu_ids is {AHU01,NULL}.',
                'Pass null for all AHUs, or name some: array[''AHU01'', ''AHU02'']'
            ]
        ),
        (
            'a table of AHUs',
            '''2024-03-01'', ''2024-03-01'', array[[''AHU01'', ''AHU02'']]',
            array[
                '22023',
                'ahu_ids must name AHUs',
                'ahu_ids is {{AHU01,AHU02}}.',
                'Pass null for all AHUs, or name some: array[''AHU01'', ''AHU02'']'
            ]
        )
) as c (title, arguments, said);
select is(r.error, r.said, r.title || ' is refused, with the way out')
from refused as r;

select is(
    tap.error_of('call _ahu.require_keys(' || c.arguments || ', ''call ahu.do(%s)'')'),
    null,
    c.title || ' is accepted'
)
from (
    values
        ('one day of every AHU', '''2024-03-01'', ''2024-03-01'', null'),
        ('one AHU', '''2024-03-01'', ''2024-03-01'', array[''AHU01'']'),
        ('an AHU whose name is empty', '''2024-03-01'', ''2024-03-01'', array['''']'),
        ('the first day that there is', '''0001-01-02'', ''0001-01-02'', null'),
        ('the last day that there is', '''9999-12-29'', ''9999-12-29'', null'),
        ('a hundred years', '''1924-01-01'', ''2024-03-15'', null')
) as c (title, arguments);
select is(
    (
        tap.error_of(
            'call _ahu.require_keys(''1924-01-01'', ''2024-03-16'', null, ''call ahu.do(%s)'')'
        )
    )[2],
    'from_day to until_day is more than a hundred years',
    'a day more is not'
);
set local datestyle = 'German';
select is(
    (
        tap.error_of(
            'call _ahu.require_keys(''2024-03-02'', ''2024-03-01'', null, ''call ahu.do(%s)'')'
        )
    )[1:2],
    array['22023', 'until_day lies before from_day'],
    'whatever way the session writes days'
);

select * from finish();
