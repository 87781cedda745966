-- Whether a reading stays where it is, told by PostgreSQL's own constraint of the partition.
select plan(5);

create table ahu_data.listed (at timestamptz, ahu_id text) partition by list (ahu_id);
create table ahu_data.listed_one partition of ahu_data.listed for values in ('AHU01')
partition by range (at);
create table ahu_data.listed_one_2024 partition of ahu_data.listed_one
for values from ('2024-01-01 00:00+09') to ('2025-01-01 00:00+09');
create table ahu_data.listed_else partition of ahu_data.listed default;

create function pg_temp.stays(leaf regclass, at timestamptz, ahu_id text)
returns boolean
language sql
as $stays$
    select _ahu.stays_in_partition(stays.leaf, row(stays.at, stays.ahu_id)::ahu_data.listed)
$stays$;

select ok(
    pg_temp.stays('ahu_data.listed_one_2024', '2024-12-31 23:59+09', 'AHU01'),
    'it does where all levels hold it'
);
select ok(
    not pg_temp.stays('ahu_data.listed_one_2024', '2025-01-01 00:00+09', 'AHU01'),
    'it does not where the last does not'
);
select ok(
    not pg_temp.stays('ahu_data.listed_one_2024', '2024-12-31 23:59+09', 'AHU02'),
    'nor where another does not'
);
select is(
    array[
        pg_temp.stays('ahu_data.listed_else', '2024-12-31 23:59+09', 'AHU02'),
        pg_temp.stays('ahu_data.listed_else', '2024-12-31 23:59+09', 'AHU01')
    ],
    array[true, false],
    'a default partition holds what the others do not'
);

create function public.spring(ahu_id text)
returns text
immutable
language plpgsql
as $spring$
begin
    raise exception 'sprung';
end
$spring$;
create table ahu_data.odd (at timestamptz, ahu_id text) partition by list (public.spring(ahu_id));
create table ahu_data.odd_one partition of ahu_data.odd for values in ('AHU01');
select is(
    _ahu.stays_in_partition('ahu_data.odd_one', row(null, 'AHU01')::ahu_data.odd),
    null,
    'what would run a function of the raw table''s owner is not asked'
);
