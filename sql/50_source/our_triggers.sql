-- The triggers of ours that stand on tables of the site, whatever those are called by now. Copies
-- that PostgreSQL or TimescaleDB keeps on partitions and chunks come and go with their parent's,
-- and are left out.
create or replace function _ahu.our_triggers()
returns table (
    raw_table regclass,
    trigger_name name
)
stable
set search_path = pg_catalog, pg_temp
language sql
as $our_triggers$
    select
        t.tgrelid::regclass,
        t.tgname
    from pg_trigger as t
    join pg_proc as f
        on f.oid = t.tgfoid
    where f.pronamespace = '_ahu'::regnamespace
        and not t.tgisinternal
        and not exists (
            select
            from pg_inherits as i
            join pg_trigger as p
                on p.tgrelid = i.inhparent
            where i.inhrelid = t.tgrelid
                and p.tgname = t.tgname
                and p.tgfoid = t.tgfoid
        )
$our_triggers$;

comment on function _ahu.our_triggers() is
    'Tables that carry triggers of ours, and the triggers'' names.';

revoke all on function _ahu.our_triggers() from public;
