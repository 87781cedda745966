"""The raw table with its partitions or chunks and all their indexes, from the catalog alone."""

from __future__ import annotations

from ahu_sql.database import Connection
from ahu_sql.doctor.facts import Index, RawTable, Relation
from ahu_sql.inspection import Inspection
from ahu_sql.settings import Source


def read_raw_table(connection: Connection, source: Source, inspection: Inspection) -> RawTable:
    """Takes no lock on it. The table is there."""
    where = {"schema": source.schema, "name": source.name}
    relations = tuple(Relation(*row) for row in connection.execute(_RELATIONS, where))
    oids = [relation.oid for relation in relations]
    root = oids[0]
    owner, may_change = connection.execute(_OWNER, (root,)).fetchone() or ("", False)
    counting = oids if inspection.is_hypertable else [root]
    seen = connection.execute(_STATISTICS, {"root": root, "tables": counting}).fetchone()
    return RawTable(
        relations=relations,
        indexes=tuple(
            Index(oid, name, table, method, tuple(key), *rest)
            for oid, name, table, method, key, *rest in connection.execute(_INDEXES, (oids,))
        ),
        is_hypertable=inspection.is_hypertable,
        owner=owner,
        may_change=may_change,
        quoted=dict(connection.execute(_COLUMNS, (root,)).fetchall()),
        names=frozenset(
            (schema, name)
            for schema, name in connection.execute(
                _NAMES, (sorted({relation.schema for relation in relations}),)
            )
        ),
        has_statistics=seen[0] if seen else None,
    )


# Partitions of partitions too. Chunks are children by inheritance.
_RELATIONS = """
    with recursive tree as (
        select
            c.oid,
            null::oid as parent,
            0 as depth
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n
            on n.oid = c.relnamespace
        where n.nspname = %(schema)s
            and c.relname = %(name)s
        union all
        select
            i.inhrelid,
            i.inhparent,
            t.depth + 1
        from tree as t
        join pg_catalog.pg_inherits as i
            on i.inhparent = t.oid
    )
    select
        c.oid,
        pg_catalog.format('%%I.%%I', n.nspname, c.relname),
        pg_catalog.quote_ident(n.nspname),
        n.nspname::text,
        c.relname::text,
        c.relkind::text,
        t.parent
    from tree as t
    join pg_catalog.pg_class as c
        on c.oid = t.oid
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    order by
        t.depth,
        c.oid
"""

_OWNER = """
    select
        r.rolname::text,
        pg_catalog.pg_has_role(c.relowner, 'usage')
            and pg_catalog.has_schema_privilege(c.relnamespace, 'create')
    from pg_catalog.pg_class as c
    join pg_catalog.pg_roles as r
        on r.oid = c.relowner
    where c.oid = %s
"""

_COLUMNS = """
    select
        a.attname::text,
        pg_catalog.quote_ident(a.attname)
    from pg_catalog.pg_attribute as a
    where a.attrelid = %s
        and a.attnum > 0
        and not a.attisdropped
"""

# A partitioned table has statistics of its own, which autovacuum never collects; of a hypertable
# those of its chunks are what counts. Who may not read a column sees none of it.
_STATISTICS = """
    select
        exists (
            select
            from pg_catalog.pg_class as c
            join pg_catalog.pg_namespace as n
                on n.oid = c.relnamespace
            join pg_catalog.pg_stats as s
                on s.schemaname = n.nspname
                and s.tablename = c.relname
            where c.oid = any (%(tables)s::oid[])
        )
    where pg_catalog.has_table_privilege(%(root)s::oid, 'select')
"""

# What is being built is seen by who may see the session that does it.
_INDEXES = """
    select
        i.indexrelid,
        pg_catalog.format('%%I.%%I', n.nspname, c.relname),
        i.indrelid,
        m.amname::text,
        array(
            select
                a.attname::text
            from pg_catalog.unnest(i.indkey::smallint[]) with ordinality as k (attnum, place)
            left join pg_catalog.pg_attribute as a
                on a.attrelid = i.indrelid
                and a.attnum = k.attnum
            where k.place <= i.indnkeyatts
            order by k.place
        ),
        i.indisunique,
        i.indisvalid and i.indisready and i.indislive,
        i.indpred is not null,
        m.amname = 'btree'
            and i.indpred is null
            and i.indexprs is null
            and i.indnatts = i.indnkeyatts
            and not exists (
                select
                from pg_catalog.unnest(i.indclass::oid[]) as k (opclass)
                join pg_catalog.pg_opclass as o
                    on o.oid = k.opclass
                where not o.opcdefault
            )
            and not exists (
                select
                from rows from (
                    pg_catalog.unnest(i.indkey::smallint[]),
                    pg_catalog.unnest(i.indcollation::oid[])
                ) as k (attnum, collation_oid)
                join pg_catalog.pg_attribute as a
                    on a.attrelid = i.indrelid
                    and a.attnum = k.attnum
                where a.attcollation <> k.collation_oid
            ),
        exists (
            select
            from pg_catalog.pg_stat_progress_create_index as p
            where p.index_relid = i.indexrelid
        ),
        (
            select
                h.inhparent
            from pg_catalog.pg_inherits as h
            where h.inhrelid = i.indexrelid
        )
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c
        on c.oid = i.indexrelid
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    join pg_catalog.pg_am as m
        on m.oid = c.relam
    where i.indrelid = any (%s::oid[])
    order by i.indexrelid
"""

_NAMES = """
    select
        n.nspname::text,
        c.relname::text
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    where n.nspname = any (%s::text[])
        and c.relname like '%%\\_idx%%'
"""
