"""What a database holds, read from its catalog alone: no lock on the raw table is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from ahu_sql.database import Connection
from ahu_sql.errors import AhuSqlError
from ahu_sql.settings import Settings, split_table_name


@dataclass(frozen=True)
class Installation:
    """What an earlier install was made for."""

    table_schema: str
    table_name: str
    time_column: str
    ahu_column: str
    time_zone: str


@dataclass(frozen=True)
class Inspection:
    """Facts about one database.

    table_kind: pg_class.relkind of the raw table; None: there is none.
    columns: their types as format_type writes them. is_child, has_children: by inheritance, or as a
    partition. virtual_columns, generated_columns: generated, the former when read, both kinds.
    blind_columns: with a collation that takes different texts for equal. has_dropped_columns: of
    the raw table. publications: of all tables, ours included as soon as they are there. is_tracked:
    it carries our triggers. is_subscribed: a subscription writes to it. timescaledb: its version;
    None: it is not here.
    tables: what else there is.
    missing_tables: those of the settings' other tables that do not exist.
    missing_rights: what the connected role would need.
    """

    database: str
    role: str
    is_superuser: bool
    table_kind: str | None
    columns: Mapping[str, str]
    numeric_columns: frozenset[str]
    is_hypertable: bool
    is_subscribed: bool
    timescaledb: tuple[int, ...] | None
    has_dropped_columns: bool
    has_row_security: bool
    is_child: bool
    has_children: bool
    has_foreign_partitions: bool
    virtual_columns: frozenset[str]
    generated_columns: frozenset[str]
    blind_columns: frozenset[str]
    publications: tuple[str, ...]
    is_tracked: bool
    tables: tuple[str, ...]
    time_zones: frozenset[str]
    missing_tables: tuple[str, ...]
    missing_rights: tuple[str, ...]
    superuser_roles: tuple[str, ...]
    installed: Installation | None


def inspect(connection: Connection, settings: Settings) -> Inspection:
    """Reads all facts that the requirements are about."""
    schema, name = split_table_name(settings.source.table)
    table = connection.execute(_TABLE, {"schema": schema, "name": name}).fetchone()
    oid, kind, has_row_security, is_child, has_children, has_dropped_columns, is_tracked = (
        table or _NO_TABLE
    )
    is_hypertable = _is_hypertable(connection, schema, name)
    columns = connection.execute(_COLUMNS, {"table": oid}).fetchall()
    others = [split_table_name(t) for t in (*settings.roles.read_also, *settings.roles.write_also)]
    return Inspection(
        database=connection.info.dbname,
        role=connection.info.user,
        is_superuser=is_superuser(connection),
        table_kind=kind,
        columns={column: type_name for column, type_name, *_ in columns},
        numeric_columns=frozenset(column for column, _, numeric, *_ in columns if numeric),
        has_foreign_partitions=bool(_names(connection, _FOREIGN_PARTITIONS, table=oid)),
        virtual_columns=frozenset(c for c, _, _, generated, _ in columns if generated == "v"),
        generated_columns=frozenset(c for c, _, _, generated, _ in columns if generated),
        blind_columns=frozenset(c for c, _, _, _, is_blind in columns if is_blind),
        publications=_names(connection, _PUBLICATIONS),
        is_hypertable=is_hypertable,
        is_subscribed=bool(_names(connection, _SUBSCRIPTIONS, table=oid)),
        timescaledb=_timescaledb(connection),
        has_dropped_columns=has_dropped_columns,
        has_row_security=has_row_security,
        is_child=is_child,
        has_children=has_children and not is_hypertable,
        is_tracked=is_tracked,
        tables=_names(connection, _TABLES),
        time_zones=read_time_zones(connection),
        missing_tables=tuple(
            f"{s}.{t}"
            for s, t in others
            if connection.execute(_TABLE, {"schema": s, "name": t}).fetchone() is None
        ),
        missing_rights=_names(connection, _RIGHTS, table=oid),
        superuser_roles=_names(connection, _SUPERUSERS),
        installed=_installation(connection),
    )


def _names(connection: Connection, query: LiteralString, **values: object) -> tuple[str, ...]:
    return tuple(row[0] for row in connection.execute(query, values or None))


def read_time_zones(connection: Connection) -> frozenset[str]:
    """Names of the time zones that the server knows; it looks into a file for each."""
    return frozenset(_names(connection, _TIME_ZONES))


def is_installed(connection: Connection) -> bool:
    """Whether ahu-sql is installed in this database; its ledger may have been dropped."""
    # Not to_regclass: that wants usage on the schema, which ahu_read does not have. And by its
    # owner, for a superuser's command would read what anybody had put in its place.
    row = connection.execute(
        """
        select
        from pg_catalog.pg_namespace as n
        join pg_catalog.pg_roles as r
            on r.oid = n.nspowner
        where n.nspname = '_ahu'
            and r.rolname = 'ahu_owner'
            and exists (
                select
                from pg_catalog.pg_class as c
                where c.relnamespace = n.oid
                    and c.relowner = n.nspowner
                    and c.relkind = 'r'
            )
            and not exists (
                select
                from pg_catalog.pg_class as c
                where c.relnamespace = n.oid
                    and c.relname = 'ledger'
                    and (c.relowner <> n.nspowner or c.relkind <> 'r')
            )
        """
    ).fetchone()
    return row is not None


def may_read_private_parts(connection: Connection) -> bool:
    """Whether the connected role may look into schema _ahu of an installed database."""
    row = connection.execute(
        "select pg_catalog.has_schema_privilege(n.oid, 'usage') from pg_catalog.pg_namespace as n"
        " where n.nspname = '_ahu'"
    ).fetchone()
    return bool(row and row[0])


def has_table(connection: Connection, name: str) -> bool:
    """Whether there is a relation of that qualified name."""
    row = connection.execute("select pg_catalog.to_regclass(%s)", (name,)).fetchone()
    return bool(row and row[0])


def has_login_function(connection: Connection) -> bool:
    """Whether pgbouncer's look-up is there, a superuser's, and for pgbouncer's role alone."""
    return connection.execute(_LOGIN_FUNCTION).fetchone() is not None


def is_superuser(connection: Connection) -> bool:
    """Whether the connected role is a superuser."""
    row = connection.execute(
        "select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = current_user"
    ).fetchone()
    return bool(row and row[0])


def require_installed(connection: Connection) -> None:
    """Raises AhuSqlError where ahu-sql is not installed."""
    if not is_installed(connection):
        raise AhuSqlError(
            f'ahu-sql is not installed in database "{connection.info.dbname}"',
            detail="It has no schema _ahu of ours.",
            hint="Install it: ahu-sql install",
            exit_code=1,
        )


def has_time_index(connection: Connection, settings: Settings) -> bool:
    """Whether readings of a span of time can be found without reading the whole raw table."""
    schema, name = split_table_name(settings.source.table)
    row = connection.execute(
        _TIME_INDEX, {"schema": schema, "name": name, "column": settings.source.time_column}
    ).fetchone()
    return row is not None


def absent_metrics(connection: Connection, settings: Settings) -> tuple[str, ...]:
    """Metrics of the settings (long layout) that no reading of the newest days has."""
    source = settings.source
    metrics = sorted({metric for inputs in settings.measures.values() for metric in inputs})
    names = {
        "table": sql.Identifier(source.schema, source.name),
        "time": sql.Identifier(source.time_column),
        "metric": sql.Identifier(source.metric_column),
    }
    rows = connection.execute(
        sql.SQL(_ABSENT_METRICS).format(**names), {"metrics": metrics, "span": NEWEST}
    )
    return tuple(row[0] for row in rows)


def _is_hypertable(connection: Connection, schema: str, name: str) -> bool:
    # The extension, and not a table of that name, which anybody could make for us to read.
    if _timescaledb(connection) is None:
        return False
    return (
        connection.execute(
            "select from _timescaledb_catalog.hypertable as h"
            " where h.schema_name = %s and h.table_name = %s",
            (schema, name),
        ).fetchone()
        is not None
    )


def _timescaledb(connection: Connection) -> tuple[int, ...] | None:
    row = connection.execute(
        "select e.extversion from pg_catalog.pg_extension as e where e.extname = 'timescaledb'"
    ).fetchone()
    return version_numbers(row[0]) if row else None


def version_numbers(version: str) -> tuple[int, ...]:
    """Such as (2, 19, 3) of 2.19.3, and (2, 20, 0) of 2.20.0-dev."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _installation(connection: Connection) -> Installation | None:
    if not is_installed(connection) or not may_read_private_parts(connection):
        return None
    if not has_table(connection, "_ahu.source"):
        return None
    try:
        with connection.transaction():
            row = connection.execute(
                "select s.table_schema, s.table_name, s.time_column, s.ahu_column, s.time_zone"
                " from _ahu.source as s"
            ).fetchone()
    except psycopg.errors.UndefinedColumn:
        return None
    return Installation(*row) if row else None


NEWEST = "7 days"
"""How far back from the newest reading metrics are looked for."""

_NO_TABLE = (None, None, False, False, False, False, False)

_LOGIN_FUNCTION = """
    select
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n
        on n.oid = p.pronamespace
    join pg_catalog.pg_roles as o
        on o.oid = p.proowner
    join pg_catalog.pg_roles as b
        on b.rolname = 'ahu_pgbouncer'
    where n.nspname = 'ahu'
        and p.proname = 'pgbouncer_login'
        and p.prosecdef
        and o.rolsuper
        and pg_catalog.has_function_privilege(b.oid, p.oid, 'execute')
        and not exists (
            select
            from pg_catalog.aclexplode(
                coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
            ) as a
            where a.grantee not in (p.proowner, b.oid)
        )
"""

_TABLE = """
    select
        c.oid,
        c.relkind::text,
        c.relrowsecurity,
        exists (
            select
            from pg_catalog.pg_inherits as i
            where i.inhrelid = c.oid
        ),
        c.relkind = 'r' and exists (
            select
            from pg_catalog.pg_inherits as i
            where i.inhparent = c.oid
        ),
        exists (
            select
            from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid
                and a.attisdropped
        ),
        exists (
            select
            from pg_catalog.pg_trigger as t
            where t.tgrelid = c.oid
                and t.tgname = 'ahu_note_inserted'
        )
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    where n.nspname = %(schema)s
        and c.relname = %(name)s
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""

_COLUMNS = """
    select
        a.attname::text,
        -- Without the quotes that a session may want around every name.
        pg_catalog.replace(pg_catalog.format_type(a.atttypid, null), '"', ''),
        t.typcategory = 'N' and t.typname in (
            'int2', 'int4', 'int8', 'numeric', 'float8'
        ),
        a.attgenerated::text,
        coalesce(not k.collisdeterministic, false)
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_type as b
        on b.oid = a.atttypid
    join pg_catalog.pg_type as t
        on t.oid = case b.typtype when 'd' then b.typbasetype else b.oid end
    left join pg_catalog.pg_collation as k
        on k.oid = a.attcollation
    where a.attrelid = %(table)s
        and a.attnum > 0
        and not a.attisdropped
    order by a.attnum
"""

_TIME_INDEX = """
    select
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    join pg_catalog.pg_index as i
        on i.indrelid = c.oid
    join pg_catalog.pg_attribute as a
        on a.attrelid = c.oid
        and a.attnum = i.indkey[0]
    where n.nspname = %(schema)s
        and c.relname = %(name)s
        and a.attname = %(column)s
        and i.indisvalid
        and i.indpred is null
"""

_ABSENT_METRICS = """
    select
        m.metric
    from pg_catalog.unnest(%(metrics)s::text[]) as m (metric)
    where not exists (
        select
        from {table} as r
        where r.{time} > (select max(l.{time}) from {table} as l) - %(span)s::interval
            and r.{metric} = m.metric
    )
"""

_FOREIGN_PARTITIONS = """
    select
        c.oid::pg_catalog.regclass::text
    from pg_catalog.pg_partition_tree(%(table)s) as t
    join pg_catalog.pg_class as c
        on c.oid = t.relid
    where c.relkind = 'f'
"""

_SUBSCRIPTIONS = """
    select
        s.srsubid::text
    from pg_catalog.pg_subscription_rel as s
    where s.srrelid = %(table)s
"""

_PUBLICATIONS = """
    select
        p.pubname::text
    from pg_catalog.pg_publication as p
    where p.puballtables
    order by 1
"""

_TABLES = """
    select
        pg_catalog.format('%I.%I', n.nspname, c.relname)
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    where c.relkind in ('r', 'p')
        and not c.relispartition
        and n.nspname not in ('pg_catalog', 'information_schema', 'ahu', '_ahu')
        and n.nspname not like '\\_timescaledb%'
        and n.nspname not like 'pg\\_toast%'
    order by 1
    limit 1000
"""

_TIME_ZONES = """
    select
        z.name
    from pg_catalog.pg_timezone_names as z
    where z.name not like 'posix%'
"""

_SUPERUSERS = """
    select
        r.rolname::text
    from pg_catalog.pg_roles as r
    where r.rolname in ('ahu_owner', 'ahu_pgbouncer', 'ahu_read', 'ahu_write')
        and (r.rolsuper or r.rolbypassrls)
    order by 1
"""

_RIGHTS = """
    select
        w.missing
    from pg_catalog.pg_roles as me
    cross join lateral (
        values
            (
                'create on database ' || pg_catalog.quote_ident(pg_catalog.current_database()),
                pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create')
            ),
            (
                'createrole',
                me.rolcreaterole
            ),
            (
                'usage with grant option on the schema of the raw table',
                (
                    select
                        pg_catalog.has_schema_privilege(c.relnamespace, 'usage with grant option')
                    from pg_catalog.pg_class as c
                    where c.oid = %(table)s
                )
            ),
            (
                'ownership of the raw table',
                (
                    select
                        pg_catalog.pg_has_role(c.relowner, 'usage')
                    from pg_catalog.pg_class as c
                    where c.oid = %(table)s
                )
            )
    ) as w (missing, granted)
    where me.rolname = current_user
        and not me.rolsuper
        and not coalesce(w.granted, true)
"""
