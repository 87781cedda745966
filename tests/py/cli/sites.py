"""The site that the command line is tried on, and what it may show of us."""

from __future__ import annotations

from databases import Database
from plant import RAW_TABLE, is_hypertable, plant_readings, raw_table


def fill(database: Database) -> None:
    """Two AHUs, two days, a reading an hour."""
    raw_table(database)
    plant_readings(database, ahus=2, days=2, minutes=60)


def disable_trigger(database: Database, name: str) -> None:
    """A trigger of the raw table that fires no more."""
    if is_hypertable(database):
        # TimescaleDB: hypertables do not support enabling or disabling triggers
        database.execute(
            "update pg_trigger set tgenabled = 'D' where tgname = %s and tgrelid = %s::regclass",
            [name, RAW_TABLE],
        )
    else:
        database.execute(f"alter table {RAW_TABLE} disable trigger {name}")


def is_installed(database: Database) -> bool:
    """Whether a schema or a role of ours is there."""
    return bool(
        database.rows(
            "select nspname::text from pg_namespace where nspname in ('ahu', '_ahu') "
            "union all select rolname::text from pg_roles where rolname like 'ahu\\_%'"
        )
    )


def may(database: Database, role: str, privilege: str, table: str) -> bool:
    """Whether a role has a privilege on a table and may enter its schema."""
    return bool(
        database.scalar(
            "select has_table_privilege(%(role)s, %(table)s, %(privilege)s) "
            "and has_schema_privilege(%(role)s, split_part(%(table)s, '.', 1), 'usage')",
            {"role": role, "privilege": privilege, "table": table},
        )
    )
