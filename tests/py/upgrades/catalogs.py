"""What two installed databases must have in common."""

from __future__ import annotations

from databases import Database
from snapshots import in_order, roles_dump, schema_dump


def catalog(database: Database) -> list[str]:
    """All objects with their comments and privileges, the roles, and the files in force."""
    dump = in_order(schema_dump(database)) + in_order(roles_dump(database))
    ledger = database.rows("select l.path, l.checksum from _ahu.ledger as l order by 1")
    settings = database.rows("select to_jsonb(s)::text from ahu.settings as s")
    return [*dump.replace(database.name, "site").splitlines(), str(ledger), str(settings)]
