"""The time zone that a database was given, as far as it says where its readings come from."""

from __future__ import annotations

from dataclasses import dataclass

from ahu_sql.database import Connection


@dataclass(frozen=True)
class ServerZone:
    """A time zone that somebody set. origin: where it was found, for the user."""

    name: str
    origin: str


def read_zone(connection: Connection) -> ServerZone | None:
    """The zone of the database or the server; None where it is UTC, or only this client's own."""
    row = connection.execute(_ZONE).fetchone()
    return ServerZone(*row) if row else None


_ZONE = """
    with settings (place, name, origin) as (
        select
            case when s.setdatabase = 0 then 2 else 1 end,
            pg_catalog.split_part(c.entry, '=', 2),
            case when s.setdatabase = 0 then 'all of its databases' else 'the database' end
        from pg_catalog.pg_db_role_setting as s
        cross join lateral pg_catalog.unnest(s.setconfig) as c (entry)
        where s.setrole = 0
            and s.setdatabase in (
                0,
                (
                    select
                        d.oid
                    from pg_catalog.pg_database as d
                    where d.datname = pg_catalog.current_database()
                )
            )
            and pg_catalog.lower(pg_catalog.split_part(c.entry, '=', 1)) = 'timezone'
        union all
        select
            3,
            s.setting,
            'the server'
        from pg_catalog.pg_settings as s
        where s.name = 'TimeZone'
            -- Not what the client or its role asks for: PGTZ is where somebody sits.
            and s.source in ('default', 'configuration file', 'command line', 'global')
    )
    select
        s.name,
        s.origin
    from (
        select
            s.name,
            s.origin
        from settings as s
        order by s.place
        limit 1
    ) as s
    join pg_catalog.pg_timezone_names as z
        on z.name = s.name
    where z.name !~* '^(posix|right|Etc)/|^(UTC|UCT|GMT[-+]?0?|Zulu|Universal|Greenwich)$'
        and z.name not in ('Factory', 'localtime', 'posixrules')
"""
