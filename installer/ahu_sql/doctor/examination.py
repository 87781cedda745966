"""Gathers all facts that the rules look at. Reads only, in short transactions."""

from __future__ import annotations

from dataclasses import replace

from ahu_sql.database import Connection
from ahu_sql.doctor.facts import Facts, RawTable
from ahu_sql.doctor.indexes import gap, needs
from ahu_sql.doctor.log import read_log
from ahu_sql.doctor.looking import looking
from ahu_sql.doctor.raw_table import read_raw_table
from ahu_sql.doctor.readings import Progress, read_readings
from ahu_sql.doctor.surroundings import (
    is_autovacuum_on,
    read_connections,
    read_drift,
    read_missing_triggers,
    read_retention,
    read_stale_after,
)
from ahu_sql.inspection import inspect, is_installed, may_read_private_parts
from ahu_sql.requirements import require_a_table, require_same_site
from ahu_sql.settings import Settings


def examine(connection: Connection, settings: Settings, *, days: int, progress: Progress) -> Facts:
    """Raises AhuSqlError where there is no raw table to look at, or where it is another site's.

    days: how many of the newest are looked through, reading by reading.
    """
    with looking(connection):
        inspection = inspect(connection, settings)
    require_same_site(inspection, settings)
    require_a_table(inspection, settings)
    with looking(connection):
        facts = Facts(
            settings=settings,
            inspection=inspection,
            raw=read_raw_table(connection, settings.source, inspection),
            connections=read_connections(connection, settings.pgbouncer),
            is_autovacuum_on=is_autovacuum_on(connection),
            retention=(
                read_retention(connection, settings.source) if inspection.is_hypertable else ()
            ),
        )
    facts = _with_readings(connection, facts, days, progress)
    if not is_installed(connection):
        return facts
    if not may_read_private_parts(connection):
        role = connection.info.user
        why = f"the log, the triggers, what drifted: role {role} may not look into schema _ahu"
        return replace(facts, unseen=(*facts.unseen, why))
    return _with_what_is_installed(connection, facts)


def look_at_raw_table(connection: Connection, facts: Facts) -> RawTable:
    """The same table once more, as it is now."""
    with looking(connection):
        return read_raw_table(connection, facts.settings.source, facts.inspection)


def _with_readings(connection: Connection, facts: Facts, days: int, progress: Progress) -> Facts:
    source, columns = facts.settings.source, facts.inspection.columns
    keys = (source.time_column, source.ahu_column, *([source.metric_column] * source.is_long))
    if missing := [key for key in keys if key not in columns]:
        why = f'the readings: the raw table has no column "{missing[0]}"'
        return replace(facts, unseen=(why,))
    readings, unseen = read_readings(
        connection,
        source,
        facts.raw,
        columns[source.time_column],
        has_time_index=not gap(facts.raw, needs(source, "")[0]).is_there,
        days=days,
        progress=progress,
    )
    return replace(facts, readings=readings, unseen=unseen)


def _with_what_is_installed(connection: Connection, facts: Facts) -> Facts:
    refresh = facts.settings.refresh
    with looking(connection):
        roles, objects = read_drift(connection)
        stale_after = read_stale_after(connection)
        if refresh.strategy == "incremental":
            log, unseen = read_log(connection, facts.readings)
            facts = replace(facts, log=log, unseen=(*facts.unseen, *unseen))
        return replace(
            facts,
            stale_after=stale_after or facts.stale_after,
            missing_triggers=read_missing_triggers(connection) if refresh.needs_triggers else (),
            drifted_roles=roles,
            drifted_objects=objects,
        )
