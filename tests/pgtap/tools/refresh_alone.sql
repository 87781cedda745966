-- One refresh as in a transaction of its own: what is inserted after it may be added again.
create function tap.refresh_alone()
returns text
language plpgsql
as $refresh_alone$
declare
    v_said text := tap.refresh();
begin
    perform set_config('ahu_sql.refreshed', '', true);
    return v_said;
end
$refresh_alone$;
