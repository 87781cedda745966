alter table ahu.settings
    add column if not exists max_span interval
        check (max_span > interval '0');
alter table ahu.settings
    add column if not exists long_running_after interval not null default '1 minute'
        check (long_running_after >= interval '0');
