-- The version of an extension, to be compared as numbers.
select plan(9);

select is(
    _ahu.extension_version('nothing_of_the_kind'),
    null,
    'an extension that is not here has no version'
);
select is(
    _ahu.extension_version('plpgsql'),
    array[1, 0],
    'one that is here has'
);
create function pg_temp.version_of(version text)
returns integer[]
language plpgsql
as $version_of$
begin
    delete from pg_extension
    where extname = 'pretended';
    call tap.pretend_extension('pretended', version_of.version);
    return _ahu.extension_version('pretended');
end
$version_of$;
select is(pg_temp.version_of(v.version), v.numbers, v.version || ' is ' || v.numbers::text)
from (
    values
        ('2.19.3', array[2, 19, 3]),
        ('2.20.0-dev', array[2, 20, 0]),
        ('1.4-1', array[1, 4]),
        ('1.10', array[1, 10]),
        ('3', array[3]),
        ('2.', array[2])
) as v (version, numbers);
select ok(
    pg_temp.version_of('2.9.0') < pg_temp.version_of('2.18.0'),
    'versions compare as numbers and not as texts'
);

select * from finish();
