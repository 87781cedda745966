"""Everything that a server's catalogs say, for comparing before and after."""

from __future__ import annotations

import re
import subprocess

from databases import Database

# what autovacuum and autoanalyze move by themselves
STATISTICS = ("pg_statistic", "pg_statistic_ext_data")
MOVED_BY_VACUUM = {
    "pg_class": (
        "relpages",
        "reltuples",
        "relallvisible",
        "relallfrozen",
        "relfrozenxid",
        "relminmxid",
        "relhasindex",
        "relhasrules",
        "relhastriggers",
    ),
    "pg_database": ("datfrozenxid", "datminmxid"),
}
OUR_TABLES = (
    "_ahu.ledger",
    "_ahu.source",
    "_ahu.site_grants",
    "_ahu.role_limits",
    "ahu.settings",
    "_ahu.site_revokes",
    "_ahu.object_state",
)

Snapshot = dict[str, list[tuple[str, ...]]]


def catalog_rows(database: Database, *more: str) -> Snapshot:
    """Each row of each catalog and of `more` tables, with its place and its transaction."""
    with database.connect(autocommit=False) as connection:
        tables = [
            f"pg_catalog.{name}"
            for (name,) in connection.execute(
                "select relname::text from pg_class where relkind = 'r' "
                "and relnamespace = 'pg_catalog'::regnamespace and relname <> all (%s) order by 1",
                [list(STATISTICS)],
            )
        ]
        return {
            table: connection.execute(
                f"select t.ctid::text, t.xmin::text, {_row(table)} from {table} as t order by 1"
            ).fetchall()
            for table in (*tables, *more)
        }


def assert_same(before: Snapshot, after: Snapshot) -> None:
    """Fails with the rows that came and went."""
    assert before.keys() == after.keys()
    changed = {
        table: {"gone": sorted(gone), "new": sorted(new)}
        for table in before
        if (gone := set(before[table]) - set(after[table]))
        | (new := set(after[table]) - set(before[table]))
    }
    assert not changed


def schema_dump(database: Database) -> str:
    """`pg_dump --schema-only` with the database's own properties, by the server's own pg_dump."""
    return _dump(database, "pg_dump", "--schema-only", "--create", f"--dbname={database.dsn}")


def roles_dump(database: Database) -> str:
    """`pg_dumpall --roles-only`."""
    return _dump(database, "pg_dumpall", "--roles-only", f"--dbname={database.dsn}")


def in_order(dump: str) -> str:
    """The dump with role settings and grants sorted: pg_dump writes them as they lie in the
    catalog."""
    lines = dump.splitlines()
    moved = sorted(line for line in lines if _is_of_any_order(line))
    return "\n".join([line for line in lines if not _is_of_any_order(line)] + moved)


def _is_of_any_order(line: str) -> bool:
    return " IN DATABASE " in line or line.startswith("GRANT ")


def _row(table: str) -> str:
    moved = MOVED_BY_VACUUM.get(table.removeprefix("pg_catalog."))
    if moved is None:
        return "t::text"
    names = ", ".join(f"'{name}'" for name in moved)
    return f"(to_jsonb(t) - array[{names}])::text"


def _dump(database: Database, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [database.server.binaries / program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    # newer versions fence their dumps with a random word
    return re.sub(r"^\\(un)?restrict .*$", "", done.stdout, flags=re.MULTILINE)
