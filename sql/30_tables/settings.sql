-- What a DBA may turn without a reinstall: update ahu.settings set stale_after = '30 minutes';
create table if not exists ahu.settings (
    only_row boolean primary key default true check (only_row),
    stale_after interval not null default '1 hour'
        check (stale_after > interval '0'),
    keep_runs interval not null default '90 days'
        check (keep_runs > interval '0'),
    low_traffic_from time,
    low_traffic_until time,
    max_span interval
        check (max_span > interval '0'),
    long_running_after interval not null default '1 minute'
        check (long_running_after >= interval '0'),
    add_inserted boolean not null default true,
    check (pg_catalog.num_nulls(low_traffic_from, low_traffic_until) in (0, 2)),
    check (low_traffic_from <> low_traffic_until)
);

insert into ahu.settings (only_row)
values (true)
on conflict (only_row) do nothing;

comment on table ahu.settings is
    'Settings that take effect at once, one row. Set by a DBA with UPDATE.';
comment on column ahu.settings.only_row is
    'Always true: the table holds one row.';
comment on column ahu.settings.stale_after is
    'How long a change of the raw table may wait for its refresh before ahu.freshness says stale.';
comment on column ahu.settings.keep_runs is
    'How long ahu.refresh_runs remembers a run.';
comment on column ahu.settings.low_traffic_from is
    'Begin of the hours in which a refresh may make readers wait (strategy native, where '
    'CONCURRENTLY is not possible), in the site''s time zone; null: there are none.';
comment on column ahu.settings.low_traffic_until is
    'End of those hours, in the site''s time zone; before low_traffic_from: on the next day.';
comment on column ahu.settings.max_span is
    'How far apart the two times of ahu.readings may be; null: as the settings of the last install '
    'say, [drilldown] max_span.';
comment on column ahu.settings.long_running_after is
    'How long a transaction, or a lone query, may run before ahu.long_running_queries shows it.';
comment on column ahu.settings.add_inserted is
    'Whether a refresh adds to a stored summary what small INSERTs have brought, instead of reading '
    'the whole day again; false: for raw tables whose readings go or change past our triggers.';

revoke all on table ahu.settings from public;
