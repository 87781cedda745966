-- The history of refreshes, for operators.
create or replace view ahu.refresh_runs as
select
    r.run_id,
    r.started_at,
    r.finished_at,
    r.finished_at - r.started_at as duration,
    r.called_by,
    r.outcome,
    r.days,
    r.keys,
    r.readings,
    r.quarantined,
    r.days_pending
from _ahu.refresh_run as r;

comment on view ahu.refresh_runs is
    'One row per refresh that committed, as long as ahu.settings.keep_runs says.';
comment on column ahu.refresh_runs.run_id is
    'Number of the run, ascending; failed runs leave gaps.';
comment on column ahu.refresh_runs.started_at is
    'When the refresh was called.';
comment on column ahu.refresh_runs.finished_at is
    'When its work was done; the caller''s transaction may have committed later.';
comment on column ahu.refresh_runs.duration is
    'From call to end, waiting for another refresh included.';
comment on column ahu.refresh_runs.called_by is
    'The login role that called it.';
comment on column ahu.refresh_runs.outcome is
    'refreshed, or nothing pending.';
comment on column ahu.refresh_runs.days is
    'How many days had pending changes that were folded; under the strategy native all days of the '
    'views, as of keys and readings.';
comment on column ahu.refresh_runs.keys is
    'How many keys were brought up to date.';
comment on column ahu.refresh_runs.readings is
    'How many raw readings their summaries add up.';
comment on column ahu.refresh_runs.quarantined is
    'How many of the keys went to, or stayed in, quarantine.';
comment on column ahu.refresh_runs.days_pending is
    'How many days with pending changes were left for another run.';

revoke all on table ahu.refresh_runs from public;
grant select on table ahu.refresh_runs to ahu_read, pg_monitor;
