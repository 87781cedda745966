"""All that others can see of us: compared before and after a command that was struck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

import oracle

OURS = "('ahu'::text, '_ahu'::text)"
# what a site has, with us and without us
CATALOG = {
    "schemas": f"select n::text from pg_namespace as n where n.nspname in {OURS}",
    "relations": "select c.oid::text, c.relname::text, c.relkind::text, c.relacl::text, "
    "c.reloptions::text, c.relispopulated::text from pg_class as c "
    f"join pg_namespace as n on n.oid = c.relnamespace where n.nspname in {OURS}",
    "columns": "select a.attrelid::text, a.attname::text, a.atttypid::text, a.attnotnull::text "
    "from pg_attribute as a join pg_class as c on c.oid = a.attrelid "
    f"join pg_namespace as n on n.oid = c.relnamespace where n.nspname in {OURS}",
    "views": "select c.oid::text, pg_get_viewdef(c.oid) from pg_class as c "
    f"join pg_namespace as n on n.oid = c.relnamespace where n.nspname in {OURS} "
    "and c.relkind in ('v', 'm')",
    "routines": "select p.oid::text, md5(p::text) from pg_proc as p "
    f"join pg_namespace as n on n.oid = p.pronamespace where n.nspname in {OURS} "
    "or p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea')",
    "triggers": "select t::text from pg_trigger as t where not t.tgisinternal "
    "and t.tgname not in ('test_before', 'test_after')",
    "comments": "select d::text from pg_description as d where d.objoid >= 16384",
    "roles": "select r::text, shobj_description(r.oid, 'pg_authid') from pg_authid as r",
    "members": "select m::text from pg_auth_members as m",
    "role settings": "select s::text from pg_db_role_setting as s",
    "grants": "select c.oid::text, c.relacl::text from pg_class as c where c.oid >= 16384 "
    "union all select n.nspname::text, n.nspacl::text from pg_namespace as n "
    "union all select d.datname::text, d.datacl::text from pg_database as d",
}
TABLES = (
    "select c.oid::regclass::text from pg_class as c "
    f"join pg_namespace as n on n.oid = c.relnamespace where n.nspname in {OURS} "
    "and c.relkind in ('r', 'm') and c.relispopulated and c.relname <> 'pending_changes'"
)


@dataclass(frozen=True)
class Committed:
    """Rows of catalogs and of our tables as text, and what the views say; the log apart."""

    rows: dict[str, list[tuple[str, ...]]]
    views: oracle.Views | None

    @classmethod
    def read(cls, session: psycopg.Connection[Any]) -> Committed:
        """As this session sees it; LockNotAvailable where a command has locked it away."""
        rows = {name: sorted(_texts(session, query)) for name, query in CATALOG.items()}
        for (table,) in _texts(session, TABLES):
            rows[table] = sorted(_texts(session, f"select t::text from {table} as t"))
        has_views = any(row[1] == "mv_monthly_ahu_costs" for row in rows["relations"])
        return cls(rows, oracle.stored_views(session) if has_views else None)

    def assert_same(self, other: Committed) -> None:
        """Fails with what differs, the other being the later one."""
        assert self.rows.keys() == other.rows.keys()
        differing = {
            name: {
                "gone": sorted(set(self.rows[name]) - set(other.rows[name])),
                "new": sorted(set(other.rows[name]) - set(self.rows[name])),
            }
            for name in self.rows
            if self.rows[name] != other.rows[name]
        }
        assert not differing
        assert self.views == other.views


def _texts(session: psycopg.Connection[Any], query: str) -> list[tuple[str, ...]]:
    rows = session.execute(query).fetchall()
    return [tuple("null" if value is None else value for value in row) for row in rows]
