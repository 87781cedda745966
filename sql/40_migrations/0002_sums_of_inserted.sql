alter table ahu.settings
    add column if not exists add_inserted boolean not null default true;
alter table _ahu.daily_rollup
    add column if not exists raw_parts bigint;
alter table _ahu.pending_changes
    add column if not exists summed_as bigint,
    add column if not exists newest_reading timestamptz,
    add column if not exists steam_cost numeric,
    add column if not exists cold_water_cost numeric,
    add column if not exists electricity_cost numeric,
    add column if not exists hcv_kwh numeric,
    add column if not exists dh_hcv_kwh numeric,
    add column if not exists ccv_kwh numeric,
    add column if not exists pc_ccv_kwh numeric,
    add column if not exists electricity_kwh numeric;
alter table _ahu.pending_changes
    drop constraint if exists pending_changes_summed_as_check;
alter table _ahu.pending_changes
    add constraint pending_changes_summed_as_check check (
        summed_as is null
        or reason = 'insert' and newest_reading is not null
            and pg_catalog.cardinality(ahu_ids) = 1
    );
