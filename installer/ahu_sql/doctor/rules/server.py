"""AHU641 to AHU654: connections of the server, and faults of TimescaleDB."""

from __future__ import annotations

from collections.abc import Iterator

from ahu_sql.console import counted
from ahu_sql.doctor.facts import Facts
from ahu_sql.doctor.findings import Finding
from ahu_sql.requirements import (
    FIRST_RIGHT_AFTER_DROPPED_COLUMNS,
    FIRST_WITH_TRANSITION_TABLES,
)

CRASHES_WHERE_MERGES_MEET = (2, 19, 3)
"""The version of TimescaleDB in which that was seen."""

_UPDATE = ("alter extension timescaledb update;",)


def few_connections(facts: Facts) -> Iterator[Finding]:
    """AHU641, AHU642: fewer connections than the pools, or our roles, may open."""
    known, pooler = facts.connections, facts.settings.pgbouncer
    room = known.maximum - known.reserved - known.taken
    pools = pooler.read_connections + pooler.write_connections + pooler.login_connections
    limits = sum(known.limits.values())
    beside = f"{known.reserved} reserved ones" + (
        f" and {known.taken} of others" if known.taken else ""
    )
    left = (
        f"max_connections {known.maximum} leaves {counted(max(room, 0), 'connection')} beside "
        f"{beside}"
    )
    if pools > room:
        yield _more(
            facts,
            "AHU641",
            f"{left}, and the pools may open {pools}",
            "Where pgbouncer is refused, its clients wait, and then get an error. Smaller pools "
            "do as well: [pgbouncer] in ahu-sql.toml.",
            pools,
        )
    elif limits > room:
        names = ", ".join(f"{name} {limit}" for name, limit in sorted(known.limits.items()))
        yield _more(
            facts,
            "AHU642",
            f"{left}, and our roles may have {limits} ({names})",
            "The pools themselves fit. When many clients are killed at once, their backends live "
            "on for a moment beside the new ones, and others may then be refused.",
            limits,
        )


def _more(facts: Facts, code: str, message: str, reason: str, wanted: int) -> Finding:
    known = facts.connections
    enough = -(-(wanted + known.reserved + known.taken) // 10) * 10
    return Finding(
        code,
        "max_connections",
        message,
        f"{reason} The statement is in force after a restart of the server.",
        (f"alter system set max_connections = {enough};",),
        None if facts.inspection.is_superuser else "a superuser",
    )


def timescaledb_faults(facts: Facts) -> Iterator[Finding]:
    """AHU651 to AHU654: a TimescaleDB whose triggers err."""
    inspection = facts.inspection
    version = inspection.timescaledb
    if version is None or not inspection.is_hypertable or not facts.settings.refresh.needs_triggers:
        return
    table = f"{facts.raw.root.name} is a hypertable of TimescaleDB {'.'.join(map(str, version))}"
    owner = None if inspection.is_superuser else "a superuser"
    object_name = "timescaledb"
    if version < FIRST_WITH_TRANSITION_TABLES:
        yield Finding(
            "AHU651",
            object_name,
            f"{table}, whose triggers do not see what a statement changed",
            "Those of 2.18 and later do. Until then: ahu-sql install --set "
            "refresh.tracking=lookback. With the newer package on the machine, as the first "
            "statement of a session:",
            _UPDATE,
            owner,
        )
    elif version < FIRST_RIGHT_AFTER_DROPPED_COLUMNS and inspection.has_dropped_columns:
        yield Finding(
            "AHU652",
            object_name,
            f"{table} that a column was dropped from",
            "In chunks younger than that its triggers see wrong values, or the server crashes; "
            "2.26.4 and later are right. With the newer package on the machine, as the first "
            "statement of a session:",
            _UPDATE,
            owner,
        )
    elif version < FIRST_RIGHT_AFTER_DROPPED_COLUMNS:
        yield Finding(
            "AHU653",
            object_name,
            f"{table}: drop no column of it",
            "Its triggers would see wrong values in later chunks, or the server would crash; "
            "2.26.4 and later are right. With the newer package on the machine, as the first "
            "statement of a session:",
            _UPDATE,
            owner,
        )
    if version == CRASHES_WHERE_MERGES_MEET:
        yield Finding(
            "AHU654",
            object_name,
            f"{table}: let no two MERGEs meet at a reading",
            "The server crashes, with triggers or without; insert ... on conflict does not.",
            _UPDATE,
            owner,
        )


RULES = (few_connections, timescaledb_faults)
