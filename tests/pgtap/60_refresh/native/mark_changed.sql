-- Under the strategy native there is nothing to mark.
select plan(3);

select lives_ok(
    'call ahu.mark_changed(''2024-03-01'', ''2024-03-31'')',
    'to mark days is no error'
);
select is_empty('select day from _ahu.pending_changes', 'and marks nothing');
select is(
    (tap.error_of('call ahu.mark_changed(''2024-03-02'', ''2024-03-01'')'))[2],
    'until_day lies before from_day',
    'what is no span is refused all the same'
);

select * from finish();
