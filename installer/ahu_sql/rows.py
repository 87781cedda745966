"""What was in tables of ours that had to be made again: copied, summed up, or marked as pending."""

from __future__ import annotations

from typing import LiteralString

from psycopg import sql

from ahu_sql.database import Connection, run
from ahu_sql.drift import Survey


def restore_rows(connection: Connection, name: str, former: str) -> None:
    """Copies the rows of a former table, as far as its columns are still there.

    None are copied where they would lack a column that must not be null.
    """
    rows = connection.execute(_COLUMNS, {"name": name, "former": former}).fetchall()
    if any(is_needed for *_, is_needed in rows):
        return
    kept = [(column, type_name, sequence) for column, type_name, sequence, _ in rows if type_name]
    table, old = (sql.Identifier(*one.split(".")) for one in (name, former))
    # A file gives some tables the one row that they always have.
    connection.execute(sql.SQL("delete from {}").format(table))
    connection.execute(
        sql.SQL("insert into {} ({}) overriding system value select {} from {} as f").format(
            table,
            sql.SQL(", ").join(sql.Identifier(column) for column, *_ in kept),
            sql.SQL(", ").join(
                sql.SQL("f.{}::" + type_name).format(sql.Identifier(column))
                for column, type_name, _ in kept
            ),
            old,
        )
    )
    for column, _, sequence in kept:
        if sequence:
            connection.execute(
                sql.SQL(
                    "select pg_catalog.setval(%s::regclass, max({})) from {} having count(*) > 0"
                ).format(sql.Identifier(column), table),
                (sequence,),
            )


def sum_up_months(connection: Connection) -> None:
    """Makes the monthly rollup from the daily one."""
    run(connection, _SUM_UP_MONTHS)


def mark_everything(connection: Connection) -> None:
    """Has everything folded anew by the backfill that follows an install."""
    run(connection, _MARK_EVERYTHING)


def recall(connection: Connection, survey: Survey) -> None:
    """Notes as ours what our roles have, where somebody dropped the table that tells what they had
    before us."""
    for drift in survey.drift:
        if drift.is_dropped and drift.name in _RECALL:
            run(connection, _RECALL[drift.name])


_COLUMNS: LiteralString = """
    select
        n.attname::text,
        case when f.attname is not null then pg_catalog.format_type(n.atttypid, n.atttypmod) end,
        case
            when n.attidentity <> ''
            then pg_catalog.pg_get_serial_sequence(%(name)s, n.attname)
        end,
        f.attname is null and n.attnotnull and not n.atthasdef and n.attidentity = ''
    from pg_catalog.pg_attribute as n
    left join pg_catalog.pg_attribute as f
        on f.attrelid = pg_catalog.to_regclass(%(former)s)
        and f.attname = n.attname
        and not f.attisdropped
    where n.attrelid = pg_catalog.to_regclass(%(name)s)
        and n.attnum > 0
        and not n.attisdropped
        and n.attgenerated = ''
    order by n.attnum
"""

_SUM_UP_MONTHS: LiteralString = """
    do $sum_up_months$
    declare
        v_month record;
    begin
        for v_month in
            select
                pg_catalog.date_trunc('month', d.day::timestamp)::date as month,
                pg_catalog.array_agg(distinct d.ahu_id) as ahu_ids
            from _ahu.daily_rollup as d
            group by 1
        loop
            call _ahu.fold_month(v_month.month, v_month.ahu_ids);
        end loop;
    end
    $sum_up_months$
"""

_MARK_EVERYTHING: LiteralString = """
    update _ahu.source as s
    set backfill_marked_at = null
    where s.strategy = 'incremental'
"""

_RECALL: dict[str, LiteralString] = {
    "_ahu.site_grants": """
        with wanted as materialized (
            select
                g.object_type,
                g.object_name,
                g.privilege,
                g.grantee
            from _ahu.wanted_grants() as g
            union all
            select
                'sequence',
                d.objid::pg_catalog.regclass::text,
                'usage',
                'ahu_write'
            from _ahu.source as s
            join pg_catalog.pg_depend as d
                on d.refobjid = pg_catalog.to_regclass(
                    pg_catalog.format('%I.%I', s.table_schema, s.table_name)
                )
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.deptype = 'a'
            join pg_catalog.pg_class as c
                on c.oid = d.objid
                and c.relkind = 'S'
        )
        insert into _ahu.site_grants (object_type, object_name, privilege, grantee)
        select
            w.object_type,
            w.object_name,
            w.privilege,
            w.grantee
        from wanted as w
        on conflict (object_type, object_name, privilege, grantee) do nothing
    """,
    "_ahu.site_revokes": """
        insert into _ahu.site_revokes (function_name)
        select
            w.function_name
        from _ahu.wanted_revokes() as w
        where not pg_catalog.has_function_privilege(
            'public', pg_catalog.to_regprocedure(w.function_name), 'execute'
        )
        on conflict (function_name) do nothing
    """,
    "_ahu.role_limits": """
        insert into _ahu.role_limits (role_name, setting, value_before)
        select
            l.role_name,
            l.setting,
            case l.setting when 'connection limit' then '-1' end
        from _ahu.limit_state() as l
        where l.is_right
        on conflict (role_name, setting) do nothing
    """,
}
"""What to note, by the table that was dropped."""
