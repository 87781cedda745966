-- Whether an instant lies in the hours in which readers may be made to wait.
create or replace function _ahu.is_low_traffic(instant timestamptz)
returns boolean
stable
set search_path = pg_catalog, pg_temp
language sql
as $is_low_traffic$
    select
        coalesce(
            (
                select
                    case
                        when s.low_traffic_from < s.low_traffic_until
                        then l.now >= s.low_traffic_from and l.now < s.low_traffic_until
                        else l.now >= s.low_traffic_from or l.now < s.low_traffic_until
                    end
                from ahu.settings as s
                cross join (
                    select (instant at time zone r.time_zone)::time as now from _ahu.source as r
                ) as l
            ),
            false
        )
$is_low_traffic$;

comment on function _ahu.is_low_traffic(timestamptz) is
    'Whether the instant lies in the hours of ahu.settings.low_traffic_from and _until, in the '
    'site''s time zone; false where none are set.';

revoke all on function _ahu.is_low_traffic(timestamptz) from public;
