"""What tables a database has and what one of them is, from the catalog: no reading is looked at."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from ahu_sql.database import Connection
from ahu_sql.inspection import version_numbers
from ahu_sql.requirements import FIRST_WITH_TRANSITION_TABLES


@dataclass(frozen=True)
class Column:
    """A column. type_name: as format_type writes it.

    is_number: of any numeric type. is_exact: of one that may be added up (of a domain: its base).
    """

    name: str
    type_name: str
    is_number: bool = False
    is_exact: bool = False


@dataclass(frozen=True)
class Hypertable:
    """time_column: that of its first dimension. chunk_interval: as PostgreSQL writes an interval;
    None: its time is no timestamp. licence: such as `apache`. version: of TimescaleDB."""

    time_column: str
    chunk_interval: str | None
    version: str
    licence: str
    has_columnstore: bool

    @property
    def shows_transition_tables(self) -> bool:
        """Whether statement triggers can see what changed."""
        return version_numbers(self.version) >= FIRST_WITH_TRANSITION_TABLES


@dataclass(frozen=True)
class TableFacts:
    """A table of the site.

    quoted: schema and name as SQL writes them. kind: pg_class.relkind. parent: the table, quoted,
    that it is a partition, chunk or child of. is_readable: by the connected role. leading_columns:
    those that an index begins with. partition_key: as SQL writes it, None: not partitioned.
    parts: how many partitions or chunks hold its rows. rows: by the statistics; None: there are
    none. pages: how much it holds on disk, in blocks.
    """

    schema: str
    name: str
    quoted: str
    kind: str = "r"
    parent: str | None = None
    is_readable: bool = True
    columns: tuple[Column, ...] = ()
    leading_columns: frozenset[str] = frozenset()
    partition_key: str | None = None
    parts: int = 0
    rows: int | None = None
    pages: int = 0
    hypertable: Hypertable | None = None


def is_settable(name: str) -> bool:
    """Whether settings can name it: they take no blank names and no control characters."""
    return bool(name.strip()) and not any(character < " " for character in name)


def read_tables(connection: Connection) -> tuple[TableFacts, ...]:
    """All tables that readings could be in, by name, with their columns and nothing more.

    Not among them: partitions, chunks and children, and whatever belongs to PostgreSQL,
    TimescaleDB or us.
    """
    rows = connection.execute(_TABLES, {"schema": None, "name": None})
    return tuple(_table(row[1:]) for row in rows)


def read_table(connection: Connection, schema: str, name: str) -> TableFacts | None:
    """All facts of one table, or of a view, a partition or the like; None: there is none."""
    row = connection.execute(_TABLES, {"schema": schema, "name": name}).fetchone()
    if row is None:
        return None
    oid = row[0]
    leading = connection.execute(_LEADING_COLUMNS, {"table": oid}).fetchall()
    size = connection.execute(_SIZE, {"table": oid}).fetchone()
    key, parts, count, pages = size or (None, 0, None, 0)
    hypertable = _hypertable(connection, schema, name)
    if hypertable is not None and hypertable.has_columnstore:
        count = _rows_with_columnstore(connection, oid)
    return dataclasses.replace(
        _table(row[1:]),
        leading_columns=frozenset(column for (column,) in leading),
        partition_key=key,
        parts=parts,
        rows=count,
        pages=pages,
        hypertable=hypertable,
    )


def _table(row: tuple[Any, ...]) -> TableFacts:
    schema, name, quoted, kind, parent, is_readable, columns = row
    return TableFacts(
        schema=schema,
        name=name,
        quoted=quoted,
        kind=kind,
        parent=parent,
        is_readable=is_readable,
        columns=tuple(Column(*column) for column in columns),
    )


def _hypertable(connection: Connection, schema: str, name: str) -> Hypertable | None:
    known = connection.execute(
        "select pg_catalog.to_regclass('timescaledb_information.dimensions') is not null"
    ).fetchone()
    if not known or not known[0]:
        return None
    row = connection.execute(_HYPERTABLE, {"schema": schema, "name": name}).fetchone()
    return Hypertable(*row) if row else None


def _rows_with_columnstore(connection: Connection, oid: int) -> int | None:
    """As TimescaleDB estimates it: the statistics know nothing of compressed rows."""
    place = connection.execute(
        "select n.nspname::text from pg_catalog.pg_extension as e"
        " join pg_catalog.pg_namespace as n on n.oid = e.extnamespace"
        " where e.extname = 'timescaledb'"
    ).fetchone()
    if place is None:
        return None
    query = sql.SQL("select {}(%s::oid::pg_catalog.regclass)")
    function = sql.Identifier(place[0], "approximate_row_count")
    row = connection.execute(query.format(function), (oid,)).fetchone()
    return row[0] if row else None


_TABLES = """
    select
        c.oid,
        n.nspname::text,
        c.relname::text,
        pg_catalog.format('%%I.%%I', n.nspname, c.relname),
        c.relkind::text,
        (
            select
                pg_catalog.format('%%I.%%I', pn.nspname, p.relname)
            from pg_catalog.pg_inherits as i
            join pg_catalog.pg_class as p
                on p.oid = i.inhparent
            join pg_catalog.pg_namespace as pn
                on pn.oid = p.relnamespace
            where i.inhrelid = c.oid
            order by i.inhseqno
            limit 1
        ),
        pg_catalog.has_schema_privilege(n.oid, 'usage')
            and pg_catalog.has_any_column_privilege(c.oid, 'select'),
        coalesce(
            (
                select
                    pg_catalog.json_agg(
                        pg_catalog.json_build_array(
                            a.attname,
                            pg_catalog.format_type(a.atttypid, null),
                            t.typname in ('int2', 'int4', 'int8', 'numeric', 'float8', 'float4',
                                'money'),
                            t.typname in ('int2', 'int4', 'int8', 'numeric', 'float8')
                        )
                        order by a.attnum
                    )
                from pg_catalog.pg_attribute as a
                join pg_catalog.pg_type as b
                    on b.oid = a.atttypid
                join pg_catalog.pg_type as t
                    on t.oid = case b.typtype when 'd' then b.typbasetype else b.oid end
                where a.attrelid = c.oid
                    and a.attnum > 0
                    and not a.attisdropped
            ),
            '[]'
        )
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    where case
            when %(schema)s::text is not null
            then n.nspname = %(schema)s
                and c.relname = %(name)s
                and c.relkind in ('r', 'p', 'v', 'm', 'f')
            else c.relkind in ('r', 'p')
                and c.relpersistence <> 't'
                and n.nspname not in ('pg_catalog', 'information_schema', 'ahu', '_ahu')
                and n.nspname !~ '^(_?timescaledb_|pg_toast|pg_temp)'
                and not exists (
                    select
                    from pg_catalog.pg_inherits as i
                    where i.inhrelid = c.oid
                )
        end
    order by n.nspname, c.relname
"""

_LEADING_COLUMNS = """
    select distinct
        a.attname::text
    from pg_catalog.pg_index as i
    join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid
        and a.attnum = i.indkey[0]
    where i.indrelid = %(table)s
        and i.indisvalid
        and i.indpred is null
"""

_SIZE = """
    with recursive parts (oid) as (
        select
            %(table)s::oid
        union all
        select
            i.inhrelid
        from parts as p
        join pg_catalog.pg_inherits as i
            on i.inhparent = p.oid
    )
    select
        pg_catalog.pg_get_partkeydef(%(table)s),
        pg_catalog.count(*) filter (where c.oid <> %(table)s and c.relkind <> 'p'),
        -- A table that was never analyzed has -1.
        pg_catalog.sum(c.reltuples) filter (where c.reltuples >= 0 and c.relkind = 'r')::bigint,
        coalesce(pg_catalog.sum(pg_catalog.pg_relation_size(c.oid)), 0)::bigint
            / pg_catalog.current_setting('block_size')::bigint
    from parts as p
    join pg_catalog.pg_class as c
        on c.oid = p.oid
"""

_HYPERTABLE = """
    select
        d.column_name::text,
        d.time_interval::text,
        e.extversion,
        coalesce(pg_catalog.current_setting('timescaledb.license', true), 'unknown'),
        h.compression_enabled
    from timescaledb_information.dimensions as d
    join timescaledb_information.hypertables as h
        on h.hypertable_schema = d.hypertable_schema
        and h.hypertable_name = d.hypertable_name
    cross join pg_catalog.pg_extension as e
    where d.hypertable_schema = %(schema)s
        and d.hypertable_name = %(name)s
        and d.dimension_number = 1
        and e.extname = 'timescaledb'
"""
