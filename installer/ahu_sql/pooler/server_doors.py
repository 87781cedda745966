"""Who gets into the PostgreSQL server behind a pooler: its pg_hba.conf and pg_ident.conf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from ahu_sql.database import Connection
from ahu_sql.pooler.ini import Place

HBA, IDENT = "pg_hba.conf", "pg_ident.conf"
_UNNAMED = Place(HBA)


@dataclass(frozen=True)
class ServerRule:
    """One line of pg_hba.conf. address: None for local; 10.0.0.0/255.0.0.0, a name or a word."""

    kind: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str | None
    method: str
    options: Mapping[str, str]
    place: Place


@dataclass(frozen=True)
class BrokenLine:
    """A line that the server cannot read. file: HBA or IDENT. reason: the server's words."""

    file: str
    reason: str
    place: Place


@dataclass(frozen=True)
class ServerDoors:
    """What the two files say, which need not be in force.

    mappings: map and role of each line of pg_ident.conf; None: they may not be seen. members: group
    and login role, for groups that a rule may mean. has_tls: whether it offers TLS. host: as
    --server named it; address: where that led, None: a Unix socket. hba_file: as a whole. changed:
    HBA and IDENT with their places, where they were changed since the server read them.
    """

    rules: tuple[ServerRule, ...]
    broken: tuple[BrokenLine, ...] = ()
    mappings: frozenset[tuple[str, str]] | None = None
    members: frozenset[tuple[str, str]] = frozenset()
    has_tls: bool = False
    host: str = ""
    address: str | None = None
    hba_file: Place = _UNNAMED
    changed: tuple[tuple[str, Place], ...] = ()


def read_server_doors(connection: Connection) -> tuple[ServerDoors | None, tuple[str, ...]]:
    """Both files as far as the connected role may look, and what it may not see, in sentences."""
    hba, reason = _lines(connection, "pg_hba_file_rules", _RULES)
    if reason:
        return None, (f"whether {HBA} of the server lets pgbouncer in: {reason}",)
    ident, reason = _lines(connection, "pg_ident_file_mappings", _MAPPINGS)
    rules = tuple(_rule(row) for row in hba if row[2] is None)
    has_tls, hba_file, address = connection.execute(_SURROUNDINGS).fetchone() or (False, HBA, None)
    doors = ServerDoors(
        rules=rules,
        broken=(*_broken(HBA, hba), *_broken(IDENT, ident)),
        mappings=None if reason else frozenset((r[3], r[4]) for r in ident if r[2] is None),
        members=_members(connection, rules),
        has_tls=has_tls,
        host=connection.info.host,
        address=address,
        hba_file=Place(hba_file),
        changed=_changed(connection),
    )
    return doors, (f"which system users {IDENT} of the server knows: {reason}",) if reason else ()


def _lines(
    connection: Connection, view: str, query: LiteralString
) -> tuple[list[tuple[Any, ...]], str]:
    """The rows of a view of a file; or none, and the reason."""
    may = connection.execute(_MAY_READ, {"view": view}).fetchone()
    if not (may and may[0]):
        return [], f"role {connection.info.user} may not read {view}, a superuser may"
    try:
        return connection.execute(query).fetchall(), ""
    except psycopg.Error as error:
        # The view opens the file, and fails where that fails.
        return [], error.diag.message_primary or str(error)


def _rule(row: tuple[Any, ...]) -> ServerRule:
    file, line, _, kind, databases, users, address, method, options = row
    return ServerRule(
        kind=kind,
        databases=tuple(databases),
        users=tuple(users),
        address=address,
        method=method,
        options=dict(option.partition("=")[::2] for option in options or ()),
        place=Place(file, line),
    )


def _broken(file: str, rows: Iterable[tuple[Any, ...]]) -> tuple[BrokenLine, ...]:
    # A hostssl of a server without TLS is told as an error too, but read: it can match nobody.
    return tuple(
        BrokenLine(file, row[2], Place(row[0], row[1]))
        for row in rows
        if row[2] is not None and row[3] is None
    )


def _members(connection: Connection, rules: Iterable[ServerRule]) -> frozenset[tuple[str, str]]:
    groups = [name[1:] for rule in rules for name in rule.users if name.startswith("+")]
    found = connection.execute(_MEMBERS, {"groups": groups}).fetchall()
    return frozenset((group, role) for group, role in found)


def _changed(connection: Connection) -> tuple[tuple[str, Place], ...]:
    row = connection.execute(_MAY_LOOK_AT_FILES).fetchone()
    if not (row and row[0]):
        return ()
    return tuple((file, Place(path)) for file, path in connection.execute(_CHANGED).fetchall())


_MAY_READ = """
    select
        coalesce(
            has_table_privilege(to_regclass('pg_catalog.' || %(view)s), 'select')
                and has_function_privilege(
                    to_regprocedure('pg_catalog.' || %(view)s || '()'), 'execute'
                ),
            false
        )
"""

# Only from PostgreSQL 16 on do the views name the file, which another may include.
_RULES = """
    select
        coalesce(to_jsonb(h) ->> 'file_name', s.setting, 'pg_hba.conf'),
        h.line_number,
        h.error,
        h.type,
        h.database,
        h.user_name,
        h.address || coalesce('/' || h.netmask, ''),
        h.auth_method,
        h.options
    from pg_catalog.pg_hba_file_rules as h
    left join pg_catalog.pg_settings as s
        on s.name = 'hba_file'
    order by
        (to_jsonb(h) ->> 'rule_number')::integer,
        h.line_number
"""

_MAPPINGS = """
    select
        coalesce(to_jsonb(m) ->> 'file_name', s.setting, 'pg_ident.conf'),
        m.line_number,
        m.error,
        m.map_name,
        m.pg_username
    from pg_catalog.pg_ident_file_mappings as m
    left join pg_catalog.pg_settings as s
        on s.name = 'ident_file'
"""

_SURROUNDINGS = """
    select
        current_setting('ssl')::boolean,
        coalesce(
            (select s.setting from pg_catalog.pg_settings as s where s.name = 'hba_file'),
            'pg_hba.conf'
        ),
        host(inet_server_addr())
"""

# A superuser is no member of a group here unless somebody made it one.
_MEMBERS = """
    select
        g.rolname,
        r.rolname
    from pg_catalog.pg_roles as r
    cross join pg_catalog.pg_roles as g
    where r.rolcanlogin
        and not r.rolsuper
        and g.rolname = any (%(groups)s)
        and pg_has_role(r.oid, g.oid, 'member')
"""

_MAY_LOOK_AT_FILES = (
    "select has_function_privilege('pg_catalog.pg_stat_file(text, boolean)', 'execute')"
)

# A file's time is in whole seconds, rounded down: what was changed and read within one is missed.
_CHANGED = """
    select
        case s.name when 'hba_file' then 'pg_hba.conf' else 'pg_ident.conf' end,
        s.setting
    from pg_catalog.pg_settings as s
    where s.name in ('hba_file', 'ident_file')
        and (pg_stat_file(s.setting, true)).modification > pg_conf_load_time()
"""
