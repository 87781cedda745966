-- Keys whose raw readings are partly gone without evidence that anybody deleted them: retention
-- took them. Their stored summary is kept. Written by _ahu.fold_days alone.
create table if not exists _ahu.quarantine (
    day date not null,
    ahu_id text not null,
    stored_readings bigint not null,
    raw_readings bigint not null,
    net_readings bigint not null,
    found_at timestamptz not null default pg_catalog.clock_timestamp(),
    seen_at timestamptz not null default pg_catalog.clock_timestamp(),
    primary key (day, ahu_id)
);

comment on table _ahu.quarantine is
    'Keys whose stored summary is kept because raw has fewer readings than the log can explain.';
comment on column _ahu.quarantine.day is
    'The day, a calendar date in the site''s time zone.';
comment on column _ahu.quarantine.ahu_id is
    'The air handling unit.';
comment on column _ahu.quarantine.stored_readings is
    'How many readings the kept summary sums up.';
comment on column _ahu.quarantine.raw_readings is
    'How many readings the raw table had at seen_at, and _ahu.retained_summary beside it.';
comment on column _ahu.quarantine.net_readings is
    'How many readings the log says the key gained or, negative, lost since the summary was '
    'stored.';
comment on column _ahu.quarantine.found_at is
    'When a refresh first found it.';
comment on column _ahu.quarantine.seen_at is
    'When a refresh last found it.';

revoke all on table _ahu.quarantine from public;
