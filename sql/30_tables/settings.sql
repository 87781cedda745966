-- What a DBA may turn without a reinstall: update ahu.settings set stale_after = '30 minutes';
create table if not exists ahu.settings (
    only_row boolean primary key default true check (only_row),
    stale_after interval not null default '1 hour'
        check (stale_after > interval '0'),
    keep_runs interval not null default '90 days'
        check (keep_runs > interval '0')
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

revoke all on table ahu.settings from public;
