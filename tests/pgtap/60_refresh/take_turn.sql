-- Refreshes that fold something are counted. What a stale snapshot meets needs two sessions, and is
-- tested apart.
select plan(9);

update _ahu.refresh_turn
set turn = 41;
call _ahu.take_turn();
select is((select t.turn from _ahu.refresh_turn as t), 42::bigint, 'a turn is one more');
select is((select count(*) from _ahu.refresh_turn), 1::bigint, 'there is still one row');

delete from _ahu.pending_changes;
call ahu.refresh_dashboard_views();
select is(
    (select t.turn from _ahu.refresh_turn as t),
    42::bigint,
    'a refresh that has nothing to do takes no turn'
);
insert into ahu_data.energy_readings (timestamp, ahu_id)
select
    '2024-01-01 12:00+09'::timestamptz + d.days * interval '1 day',
    'AHU01'
from generate_series(0, 99) as d (days);
call ahu.refresh_dashboard_views(max_days => 50);
select is(
    (select t.turn from _ahu.refresh_turn as t),
    43::bigint,
    'a refresh takes one turn, however many days it folds'
);
call ahu.refresh_dashboard_views();
select is((select t.turn from _ahu.refresh_turn as t), 44::bigint, 'each batch takes its own');
call ahu.refresh_dashboard_views();
select is(
    (select t.turn from _ahu.refresh_turn as t),
    44::bigint,
    'and none when all are done'
);
call ahu.mark_changed('1999-01-01', '1999-01-01');
call ahu.refresh_dashboard_views();
select is(
    (select t.turn from _ahu.refresh_turn as t),
    45::bigint,
    'a day without any reading takes a turn too, for it was looked at'
);

-- The turn is taken before anything is folded.
create function pg_temp.note_order()
returns trigger
language plpgsql
as $note_order$
begin
    raise exception 'turn first, % pending', (select count(*) from _ahu.pending_changes);
end
$note_order$;
create trigger note_order before update on _ahu.refresh_turn
for each statement execute function pg_temp.note_order();
call ahu.mark_changed('2024-01-01', '2024-01-03');
select throws_ok(
    'call ahu.refresh_dashboard_views()',
    'P0001',
    'turn first, 3 pending',
    'it is taken before the log is touched'
);
create or replace function pg_temp.note_order()
returns trigger
language plpgsql
as $note_order$
begin
    raise exception 'stale' using errcode = 'serialization_failure';
end
$note_order$;
select is(
    tap.error_of('call ahu.refresh_dashboard_views()'),
    array[
        '40001',
        'another refresh has committed since this transaction began',
        'This transaction is read committed: it sees readings as they were before.',
        'Roll back and call again, or call under READ COMMITTED.'
    ],
    'a serialization failure is told as what it is, and keeps its SQLSTATE'
);

select * from finish();
