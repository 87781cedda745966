-- How far the views reach, even for those who know nothing of the rollup.
select plan(4);

select results_eq(
    'select newest_day, newest_reading from _ahu.extent()',
    'select null::date, null::timestamptz',
    'nothing is stored: both are null'
);

call tap.add('2024-01-10 12:00+09', 'AHU01', 3);
call tap.add('2024-01-12 12:00+09', 'AHU02', 2);
call tap.add('2024-01-12 11:00+09', 'AHU01', 1);
select tap.refresh();
select results_eq(
    'select newest_day, newest_reading from _ahu.extent()',
    $$values ('2024-01-12'::date, '2024-01-12 12:01+09'::timestamptz)$$,
    'the newest day, and the newest reading of all its AHUs'
);

select function_privs_are(
    '_ahu', 'extent', array[]::text[], 'ahu_read', array['EXECUTE'],
    'ahu_read may ask, through ahu.freshness'
);
set local role ahu_read;
select is(
    (select max(f.newest_day) from ahu.freshness as f),
    '2024-01-12'::date,
    'and sees the answer there'
);
reset role;

select * from finish();
