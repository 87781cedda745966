-- What each refresh did. Written by ahu.refresh_dashboard_views; a run that fails leaves no row,
-- since its transaction is undone as a whole.
create table if not exists _ahu.refresh_run (
    run_id bigint generated always as identity primary key,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    called_by text not null,
    outcome text not null,
    days integer not null,
    keys bigint not null,
    readings bigint not null,
    quarantined bigint not null,
    days_pending integer not null
);

-- For the trimming by ahu.settings.keep_runs, and for the latest run.
create index if not exists refresh_run_started_at_idx on _ahu.refresh_run (started_at);

comment on table _ahu.refresh_run is
    'One row per refresh that committed.';
comment on column _ahu.refresh_run.run_id is
    'Number of the run, ascending; failed runs leave gaps.';
comment on column _ahu.refresh_run.started_at is
    'When the refresh was called, waiting for another one included.';
comment on column _ahu.refresh_run.finished_at is
    'When its work was done; the caller''s transaction may have committed later.';
comment on column _ahu.refresh_run.called_by is
    'The login role that called it.';
comment on column _ahu.refresh_run.outcome is
    'refreshed, or nothing pending.';
comment on column _ahu.refresh_run.days is
    'How many days had pending changes that were folded; under the strategy native all days of the '
    'views, as of keys and readings.';
comment on column _ahu.refresh_run.keys is
    'How many keys were brought up to date.';
comment on column _ahu.refresh_run.readings is
    'How many raw readings their summaries add up.';
comment on column _ahu.refresh_run.quarantined is
    'How many of the keys went to, or stayed in, quarantine.';
comment on column _ahu.refresh_run.days_pending is
    'How many days with pending changes were left for another run.';

revoke all on table _ahu.refresh_run from public;
