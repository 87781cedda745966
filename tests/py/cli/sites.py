"""The site that the command line is tried on, and what it may show of us."""

from __future__ import annotations

from databases import Database
from plant import plant_readings, raw_table


def fill(database: Database) -> None:
    """Two AHUs, two days, a reading an hour."""
    raw_table(database)
    plant_readings(database, ahus=2, days=2, minutes=60)


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
