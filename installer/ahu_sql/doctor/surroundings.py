"""What stands around the raw table: connections, retention, settings of the server, drift."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, LiteralString

from ahu_sql.database import Connection
from ahu_sql.doctor.facts import Connections, Retention
from ahu_sql.drift import MISTAKES, read_survey
from ahu_sql.pooler.server_facts import read_server_facts
from ahu_sql.repairs import read_surroundings
from ahu_sql.settings import Pgbouncer, Source


def wanted_limits(pooler: Pgbouncer) -> dict[str, int]:
    """Connection limits that an install gives our roles: see sql/50_source/wanted_limits."""
    return {
        "ahu_read": 2 * pooler.read_connections,
        "ahu_write": 2 * pooler.write_connections,
        "ahu_pgbouncer": 5 * pooler.login_connections,
    }


def read_connections(connection: Connection, pooler: Pgbouncer) -> Connections:
    """How many the server has, and who else takes some."""
    server = read_server_facts(connection, {})
    now = {role: (here, elsewhere) for role, here, elsewhere in connection.execute(_NOW)}
    ours = wanted_limits(pooler)
    limits = {}
    for name, wanted in ours.items():
        role = server.roles.get(name)
        limits[name] = (
            wanted if role is None or role.connection_limit is None else (role.connection_limit)
        )
    taken = 0
    for name in {*server.roles, *now} - set(ours):
        role = server.roles.get(name)
        here, elsewhere = now.get(name, (0, 0))
        limit = role.connection_limit if role else None
        taken += here + elsewhere if limit is None else limit
    # Our roles in other databases: what another site's pools have opened there.
    taken += sum(elsewhere for name, (_, elsewhere) in now.items() if name in ours)
    return Connections(server.max_connections, server.reserved_connections, limits, taken)


def read_retention(connection: Connection, source: Source) -> tuple[Retention, ...]:
    """Policies of TimescaleDB on the raw table."""
    rows = rows_of(connection, _RETENTION, {"schema": source.schema, "name": source.name})
    return tuple(Retention(job_id, drop_after) for job_id, drop_after in rows or ())


def read_stale_after(connection: Connection) -> timedelta | None:
    """How long a change may wait, by ahu.settings."""
    rows = rows_of(connection, "select s.stale_after from ahu.settings as s", {})
    return rows[0][0] if rows else None


def read_missing_triggers(connection: Connection) -> tuple[str, ...]:
    """Triggers of ours that the raw table lacks, or that do not fire."""
    return tuple(name for (name,) in rows_of(connection, _TRIGGERS, {}) or ())


def read_drift(connection: Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is not as it was installed, a line each: of our roles, and of all else."""
    survey = read_survey(connection)
    lines = [str(drift) for drift in survey.drift]
    lines += read_surroundings(connection)
    roles = tuple(line for line in lines if line.startswith("role "))
    return roles, tuple(line for line in lines if line not in roles)


def is_autovacuum_on(connection: Connection) -> bool:
    """Whether the server vacuums by itself, and counts what there is to vacuum."""
    rows = rows_of(connection, _AUTOVACUUM, {})
    return bool(rows and rows[0][0])


def rows_of(
    connection: Connection, query: LiteralString, values: dict[str, Any]
) -> list[tuple[Any, ...]] | None:
    """The answer; None where what it needs is not there, or is of an older version."""
    try:
        with connection.transaction():
            return connection.execute(query, values).fetchall()
    except MISTAKES:
        return None


_NOW: LiteralString = """
    select
        a.usename::text,
        count(*) filter (where a.datname = pg_catalog.current_database()),
        count(*) filter (where a.datname <> pg_catalog.current_database())
    from pg_catalog.pg_stat_activity as a
    where a.usename is not null
        and a.pid <> pg_catalog.pg_backend_pid()
        and a.backend_type = 'client backend'
    group by a.usename
"""

_RETENTION: LiteralString = """
    select
        j.job_id,
        (j.config ->> 'drop_after')::interval
    from timescaledb_information.jobs as j
    where j.proc_name = 'policy_retention'
        and j.hypertable_schema = %(schema)s
        and j.hypertable_name = %(name)s
        and j.scheduled
        and j.config ->> 'drop_after' is not null
"""

_TRIGGERS: LiteralString = """
    select
        t.trigger_name
    from _ahu.trigger_state() as t
    where not (t.is_right and t.is_enabled)
    order by 1
"""

_AUTOVACUUM: LiteralString = """
    select
        pg_catalog.current_setting('autovacuum')::boolean
            and pg_catalog.current_setting('track_counts')::boolean
"""
