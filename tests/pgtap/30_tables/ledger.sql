-- The ledger's shape, and what it refuses.
select plan(9);

select columns_are(
    '_ahu',
    'ledger',
    array['path', 'checksum', 'version', 'applied_at'],
    'the columns of the ledger are these'
);
select col_is_pk('_ahu', 'ledger', 'path', 'a file is in force once');

set local role ahu_owner;
select throws_ok(
    format('insert into _ahu.ledger (path, checksum, version) values (''x'', %L, ''1'')', c.value),
    '23514',
    null,
    'a checksum is not ' || c.title
)
from (
    values
        ('', 'empty'),
        (repeat('a', 63), 'too short'),
        (repeat('a', 65), 'too long'),
        (repeat('A', 64), 'in capitals'),
        (repeat('g', 64), 'other than hexadecimal')
) as c (value, title);
select lives_ok(
    format(
        'insert into _ahu.ledger (path, checksum, version) values (''x'', %L, ''1'')',
        repeat('0123456789abcdef', 4)
    ),
    'a SHA-256 in hexadecimal is a checksum'
);
select ok(
    (
        select
            l.applied_at between now() and clock_timestamp()
        from _ahu.ledger as l
        where l.path = 'x'
    ),
    'it remembers when a file was applied'
);
reset role;

select * from finish();
