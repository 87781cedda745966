-- What all our objects, and whatever else is in our schemas, look like now: by the catalogs alone,
-- in words that do not depend on the session. What can be there or not has a part of its own, which
-- is missing then. The installer compares it with _ahu.object_state.
create or replace function _ahu.describe_objects()
returns table (
    name text,
    part text,
    state text,
    is_worded boolean
)
stable
set search_path = pg_catalog, pg_temp
-- Definitions hold names, dates and durations as a session writes them.
set quote_all_identifiers = off
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
language plpgsql
as $describe_objects$
begin
    return query
    select
        d.name,
        d.part,
        d.state,
        d.is_worded
    from (
        select r.name, r.part, r.state, r.is_worded from _ahu.describe_roles() as r
        union all
        select r.name, r.part, r.state, r.is_worded from _ahu.describe_rights() as r
        union all
        select r.name, r.part, r.state, r.is_worded from _ahu.describe_routines() as r
        union all
        select r.name, r.part, r.state, r.is_worded from _ahu.describe_relations() as r
        union all
        select c.name, c.part, c.state, c.is_worded from _ahu.describe_columns() as c
    ) as d
    where d.state is not null;
end
$describe_objects$;

comment on function _ahu.describe_objects() is
    'Parts of each schema, relation and routine of ahu-sql and of its roles, as they are now. '
    'is_worded: the server put it into words, and another version may choose others.';

revoke all on function _ahu.describe_objects() from public;
