-- Gives back all that we did to objects that are not ours: the scheduler's job, the roles' limits,
-- the grants, what we took from PUBLIC, and last the triggers of the raw table, whose lock (access
-- exclusive) is then held only until the caller commits. Called by `ahu-sql uninstall`, with the
-- rights of whoever calls it.
create or replace procedure _ahu.leave_site()
set search_path = pg_catalog, pg_temp
language plpgsql
as $leave_site$
declare
    v_row record;
    v_raw text;
    v_closed text;
begin
    call ahu.unschedule_refresh();

    -- The raw table may have been renamed since: it is the one with our triggers.
    v_raw := (select t.raw_table::text from _ahu.our_triggers() as t limit 1);

    for v_row in
        select
            l.role_name,
            l.setting,
            l.value_before
        from _ahu.role_limits as l
        join pg_roles as r
            on r.rolname = l.role_name
    loop
        call _ahu.limit_role(v_row.role_name, v_row.setting, v_row.value_before);
    end loop;

    for v_row in
        select
            g.object_type,
            n.object_name,
            g.privilege,
            g.grantee
        from _ahu.site_grants as g
        join pg_roles as r
            on r.rolname = g.grantee
        cross join _ahu.source as s
        cross join lateral (
            select
                case
                    when g.object_type = 'table'
                        and to_regclass(g.object_name) is null
                        and parse_ident(g.object_name) = array[s.table_schema, s.table_name]
                    then v_raw
                    else g.object_name
                end as object_name
        ) as n
        where case g.object_type
            when 'schema' then to_regnamespace(n.object_name) is not null
            when 'database' then true
            else to_regclass(n.object_name) is not null
        end
    loop
        execute format(
            'revoke %s on %s %s from %I',
            v_row.privilege,
            v_row.object_type,
            case v_row.object_type
                when 'database' then quote_ident(current_database())
                else v_row.object_name
            end,
            v_row.grantee
        );
    end loop;

    for v_row in
        select
            r.function_name,
            pg_has_role(p.proowner, 'usage') as may_grant
        from _ahu.site_revokes as r
        join pg_proc as p
            on p.oid = to_regprocedure(r.function_name)
        where not has_function_privilege('public', p.oid, 'execute')
        order by r.function_name
    loop
        if v_row.may_grant then
            execute format('grant execute on function %s to public', v_row.function_name);
        else
            v_closed := concat_ws(', ', v_closed, v_row.function_name);
        end if;
    end loop;

    for v_row in
        select
            t.trigger_name,
            t.raw_table
        from _ahu.our_triggers() as t
    loop
        execute format('drop trigger %I on %s', v_row.trigger_name, v_row.raw_table);
    end loop;

    -- At the very end: an attempt that has to wait for the raw table says nothing yet.
    if v_closed is not null then
        raise warning 'PUBLIC stays without the right to create large objects'
            using
                detail = format(
                    'A superuser''s install revoked it from PUBLIC, and role %I may not grant it.',
                    current_user
                ),
                hint = format(
                    'As a superuser: grant execute on function %s to public;', v_closed
                );
    end if;
end
$leave_site$;

comment on procedure _ahu.leave_site() is
    'Removes the scheduled job, restores role limits, revokes our grants on the site''s objects, '
    'gives back to PUBLIC what we revoked, drops the raw table''s triggers.';

revoke all on procedure _ahu.leave_site() from public;
