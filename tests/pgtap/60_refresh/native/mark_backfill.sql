-- What was there before us is in the native views as soon as they are filled.
select plan(6);

select isnt(
    (select s.backfill_marked_at from _ahu.source as s),
    null,
    'an install leaves nothing to mark'
);
call tap.fill_native_site();
call _ahu.mark_backfill();
select is_empty('select day from _ahu.daily_summary', 'so nothing is read again');
update _ahu.source
set backfill_marked_at = null;
call _ahu.mark_backfill();
select is(
    (select sum(d.readings) from _ahu.daily_summary as d),
    6::numeric,
    'when the measures have changed, the views are refreshed'
);
select is_empty('select day from _ahu.pending_changes', 'and nothing is marked');
select isnt(
    (select s.backfill_marked_at from _ahu.source as s),
    null,
    'and that is remembered as done'
);
select results_eq(
    'select distinct backfill_days from ahu.freshness',
    'values (0)',
    'ahu.freshness shows no backfill'
);

select * from finish();
