-- One row that each refresh writes before it folds anything. A transaction whose snapshot is older
-- than the last refresh (REPEATABLE READ, SERIALIZABLE) then fails with 40001, even where the two
-- have no other row in common: it would write summaries from readings as they were.
create table if not exists _ahu.refresh_turn (
    only_row boolean primary key default true check (only_row),
    turn bigint not null default 0
)
with (
    -- Rewritten by each refresh: its versions stay on one page.
    fillfactor = 10
);

insert into _ahu.refresh_turn (only_row)
values (true)
on conflict (only_row) do nothing;

comment on table _ahu.refresh_turn is
    'Which refresh it is, one row: makes refreshes of stale transactions fail.';
comment on column _ahu.refresh_turn.only_row is
    'Always true: the table holds one row.';
comment on column _ahu.refresh_turn.turn is
    'How many refreshes that folded something have committed.';

revoke all on table _ahu.refresh_turn from public;
