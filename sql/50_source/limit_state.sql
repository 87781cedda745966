-- The limits that our login roles should carry, and those they do. 90_finish puts right what is not.
create or replace function _ahu.limit_state()
returns table (
    role_name text,
    setting text,
    value text,
    current_value text,
    is_right boolean
)
stable
set search_path = pg_catalog, pg_temp
-- Values are compared as text, and a session may want every name in it quoted.
set quote_all_identifiers = off
language plpgsql
as $limit_state$
begin
    return query
    with limits as (
        select
            w.role_name,
            w.setting,
            w.value,
            case w.setting
                when 'connection limit' then r.rolconnlimit::text
                else (
                    select
                        substr(c.item, strpos(c.item, '=') + 1)
                    from pg_db_role_setting as s
                    join pg_database as d
                        on d.oid = s.setdatabase
                    cross join lateral unnest(s.setconfig) as c (item)
                    where s.setrole = r.oid
                        and d.datname = current_database()
                        and starts_with(c.item, w.setting || '=')
                )
            end as current_value,
            -- Connections are the whole server's: another database may have limits for the role.
            w.setting = 'connection limit' and exists (
                select
                from pg_db_role_setting as s
                join pg_database as d
                    on d.oid = s.setdatabase
                where s.setrole = r.oid
                    and d.datname <> current_database()
            ) as is_shared
        from _ahu.wanted_limits() as w
        join pg_roles as r
            on r.rolname = w.role_name
    )
    select
        l.role_name,
        l.setting,
        l.value,
        l.current_value,
        coalesce(
            l.current_value = l.value
                -- More, for the larger pools of another site, is enough for ours.
                or case when l.is_shared then l.current_value::integer > l.value::integer end,
            false
        )
    from limits as l;
end
$limit_state$;

comment on function _ahu.limit_state() is
    'Each limit that our login roles should have: its value, what it is now (null: not set), and '
    'whether that will do. A connection limit may be higher where another database sets limits too.';

revoke all on function _ahu.limit_state() from public;
