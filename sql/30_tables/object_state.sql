-- What each object of ours looked like right after the last install, by _ahu.describe_objects: what
-- somebody changes or drops by hand is seen against it. Written by the installer.
create table if not exists _ahu.object_state (
    path text not null,
    name text not null,
    part text not null,
    state text not null,
    written_by integer,
    primary key (name, part)
);

comment on table _ahu.object_state is
    'One row per part of each object of ahu-sql: what it looked like after the last install.';
comment on column _ahu.object_state.path is
    'The file that holds the object, as in _ahu.ledger.';
comment on column _ahu.object_state.name is
    'The object, qualified, a routine with the types of its parameters.';
comment on column _ahu.object_state.part is
    'The part: owner, comment, definition, column day, constraint daily_rollup_pkey, …';
comment on column _ahu.object_state.state is
    'What it looked like: as SQL writes it, or the SHA-256 of that.';
comment on column _ahu.object_state.written_by is
    'Major version of the server that put the state into words; null: each version says the same.';

revoke all on table _ahu.object_state from public;
