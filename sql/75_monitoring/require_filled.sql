-- Refuses to compare views with raw that no refresh has filled yet, as of the strategy native: to
-- read them is an error of the server's, whose advice nobody could follow.
create or replace procedure _ahu.require_filled()
set search_path = pg_catalog, pg_temp
language plpgsql
as $require_filled$
declare
    v_empty text;
begin
    select
        string_agg('_ahu.' || c.relname, ', ' order by c.relname)
    into v_empty
    from pg_class as c
    where c.relnamespace = '_ahu'::regnamespace
        and c.relkind = 'm'
        and not c.relispopulated;

    if v_empty is not null then
        raise exception 'the views were never filled: there is nothing to verify'
            using
                errcode = 'object_not_in_prerequisite_state',
                detail = format('No refresh has filled %s.', v_empty),
                hint = 'Refresh first: call ahu.refresh_dashboard_views()';
    end if;
end
$require_filled$;

comment on procedure _ahu.require_filled() is
    'Raises an error (55000) while a materialized view of the strategy native was never filled.';

revoke all on procedure _ahu.require_filled() from public;
