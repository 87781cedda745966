"""Removes ahu-sql from a database: one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from ahu_sql.database import Connection, run
from ahu_sql.errors import AhuSqlError
from ahu_sql.inspection import is_installed
from ahu_sql.transaction import attempt_until


def read_losses(connection: Connection) -> str:
    """A sentence about what a removal would lose that the raw table cannot give back."""
    row = connection.execute(_LOSSES).fetchone()
    lost = int(row[0]) if row else 0
    if lost == 0:
        return "The rollups can be made again from the raw table."
    return f"{lost:,} stored days of AHUs are older than every raw reading and would be lost."


def remove(
    connection: Connection, *, roles: bool, patience_s: float, say: Callable[[str], None]
) -> None:
    """Gives the site's objects back and drops ours; with `roles`, the roles that we made as well.

    Raises AhuSqlError, and changes nothing, where objects of others depend on ours.
    """

    def work() -> None:
        if not is_installed(connection):
            return
        _require_owner(connection)
        _refuse_dependents(connection)
        # Readers of the views first, while the ETL goes on; the raw table last and shortly.
        run(connection, _HOLD_READERS)
        run(connection, "call _ahu.leave_site()")
        run(connection, "drop schema ahu, _ahu cascade")
        if roles:
            _drop_roles(connection)

    attempt_until(connection, work, patience_s=patience_s, say=say)


def _require_owner(connection: Connection) -> None:
    row = connection.execute(
        "select pg_catalog.pg_has_role(r.oid, 'usage') from pg_catalog.pg_roles as r"
        " where r.rolname = 'ahu_owner'"
    ).fetchone()
    if row is not None and not row[0]:
        raise AhuSqlError(
            f'role "{connection.info.user}" has too few rights to remove ahu-sql',
            detail="It is no superuser and no member of ahu_owner.",
            hint="Connect as the role that installed it, or as a superuser.",
        )


def _refuse_dependents(connection: Connection) -> None:
    dependents = [str(row[0]) for row in connection.execute(_DEPENDENTS)]
    if dependents:
        raise AhuSqlError(
            "other objects depend on ahu-sql or live in its schemas",
            detail="; ".join(dependents) + ".",
            hint="Drop them or move them first, then run ahu-sql uninstall again.",
            exit_code=1,
        )


def _drop_roles(connection: Connection) -> None:
    made = [str(row[0]) for row in connection.execute(_OUR_ROLES)]
    for role in made:
        try:
            connection.execute(psycopg.sql.SQL("drop role {}").format(psycopg.sql.Identifier(role)))
        except psycopg.errors.DependentObjectsStillExist as error:
            raise AhuSqlError(
                f'role "{role}" is still needed, nothing was removed',
                detail=error.diag.message_detail,
                hint="Revoke what it has elsewhere, or keep the roles: ahu-sql uninstall",
                exit_code=1,
            ) from error


_LOSSES = """
    select
        count(*)
    from _ahu.daily_rollup as d
    where d.day < coalesce(
        (select _ahu.local_day(r.first_time) from _ahu.raw_span() as r),
        'infinity'
    )
"""

_HOLD_READERS = """
    do $hold_readers$
    declare
        v_row record;
    begin
        -- Views are dropped, not locked: locking a view locks what it reads, the catalog included.
        for v_row in
            select
                c.oid::pg_catalog.regclass as name,
                c.relkind
            from pg_catalog.pg_class as c
            join pg_catalog.pg_namespace as n
                on n.oid = c.relnamespace
            where n.nspname in ('ahu', '_ahu')
                and c.relkind in ('r', 'v')
                and c.relname <> 'pending_changes'
            order by c.relkind desc
        loop
            if v_row.relkind = 'v' then
                execute pg_catalog.format('drop view %s cascade', v_row.name);
            else
                execute pg_catalog.format('lock table %s in access exclusive mode', v_row.name);
            end if;
        end loop;
    end
    $hold_readers$
"""

_OUR_ROLES = """
    select
        r.rolname::text
    from pg_catalog.pg_roles as r
    where r.rolname in ('ahu_owner', 'ahu_read', 'ahu_write')
        and pg_catalog.shobj_description(r.oid, 'pg_authid') like '%(made by ahu-sql).'
    order by r.rolname desc
"""

_DEPENDENTS = """
    with ours as (
        select 'pg_catalog.pg_class'::pg_catalog.regclass as classid, c.oid
        from pg_catalog.pg_class as c
        where c.relnamespace in ('ahu'::pg_catalog.regnamespace, '_ahu'::pg_catalog.regnamespace)
        union all
        select 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
        from pg_catalog.pg_proc as p
        where p.pronamespace in ('ahu'::pg_catalog.regnamespace, '_ahu'::pg_catalog.regnamespace)
        union all
        select 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid
        from pg_catalog.pg_type as t
        where t.typnamespace in ('ahu'::pg_catalog.regnamespace, '_ahu'::pg_catalog.regnamespace)
    ),
    dependent as (
        -- A view depends on us through its rule.
        select
            coalesce(r.ev_class, d.objid) as objid,
            case
                when r.oid is null then d.classid
                else 'pg_catalog.pg_class'::pg_catalog.regclass
            end as classid
        from pg_catalog.pg_depend as d
        join ours as o
            on o.classid = d.refclassid
            and o.oid = d.refobjid
        left join pg_catalog.pg_rewrite as r
            on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            and r.oid = d.objid
        where d.deptype = 'n'
    )
    select distinct
        pg_catalog.pg_describe_object(d.classid, d.objid, 0) as dependent
    from dependent as d
    left join pg_catalog.pg_class as c
        on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and c.oid = d.objid
    left join pg_catalog.pg_proc as p
        on d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        and p.oid = d.objid
    where (c.oid is not null or p.oid is not null)
        and coalesce(c.relnamespace, p.pronamespace) not in (
            'ahu'::pg_catalog.regnamespace,
            '_ahu'::pg_catalog.regnamespace
        )
    union
    select
        pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0)
    from pg_catalog.pg_class as c
    where c.relnamespace in ('ahu'::pg_catalog.regnamespace, '_ahu'::pg_catalog.regnamespace)
        and c.relowner <> 'ahu_owner'::pg_catalog.regrole
    union
    select
        pg_catalog.pg_describe_object('pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0)
    from pg_catalog.pg_proc as p
    where p.pronamespace in ('ahu'::pg_catalog.regnamespace, '_ahu'::pg_catalog.regnamespace)
        and p.proowner <> 'ahu_owner'::pg_catalog.regrole
    order by 1
"""
