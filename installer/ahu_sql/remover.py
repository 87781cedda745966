"""Removes ahu-sql from a database: one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from ahu_sql.database import Connection, run
from ahu_sql.errors import AhuSqlError
from ahu_sql.inspection import is_installed
from ahu_sql.locations import sql_folder
from ahu_sql.transaction import READERS_TIMEOUT_MS, attempt_until


def require_primary(connection: Connection) -> None:
    """Refuses a standby, in the words of an install."""
    check = sql_folder() / "00_preconditions" / "primary_server.sql"
    run(connection, check.read_text(encoding="utf-8"))


def read_our_roles(connection: Connection) -> tuple[str, ...]:
    """The roles of this server that we made."""
    return tuple(str(row[0]) for row in connection.execute(_OUR_ROLES))


def read_losses(connection: Connection) -> str:
    """A sentence about what a removal would lose that the raw table cannot give back."""
    try:
        row = connection.execute(_LOSSES).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return "The raw table is gone, the rollups cannot be made again."
    lost = int(row[0]) if row else 0
    if lost == 0:
        return "The rollups can be made again from the raw table."
    return (
        f"{lost:,} summaries of a day of an AHU, whose raw readings are gone, cannot be made again."
    )


def remove(
    connection: Connection, *, roles: bool, patience_s: float, say: Callable[[str], None]
) -> None:
    """Gives the site's objects back and drops ours; with `roles`, the roles that we made as well,
    which may be all that is left of us.

    Raises AhuSqlError, and changes nothing, where objects of others depend on ours.
    """

    def work() -> None:
        if is_installed(connection):
            _require_owner(connection)
            # Its last act locks the raw table: from there on the ETL waits.
            run(connection, "call _ahu.leave_site()")
            _drop_objects(connection)
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


def _drop_objects(connection: Connection) -> None:
    # Readers of the views may be in the way, at each of a dozen objects.
    connection.execute(f"set local lock_timeout = {READERS_TIMEOUT_MS}")
    try:
        run(connection, _DROP_OBJECTS)
    except psycopg.errors.DependentObjectsStillExist as error:
        raise AhuSqlError(
            "other objects depend on ahu-sql or live in its schemas, nothing was removed",
            detail=error.diag.message_detail,
            hint="Drop them or move them first, then run ahu-sql uninstall again.",
            exit_code=1,
        ) from error


def _drop_roles(connection: Connection) -> None:
    for role in read_our_roles(connection):
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
    where not exists (
        select
        from _ahu.raw_days() as r (day)
        where r.day = d.day
    )
        or exists (
            select
            from _ahu.quarantine as q
            where q.day = d.day
                and q.ahu_id = d.ahu_id
        )
"""

_DROP_OBJECTS = """
    do $drop_objects$
    declare
        v_command text;
    begin
        -- Kind by kind and without CASCADE, so that nothing of anybody else's goes with it.
        for v_command in
            select
                'drop ' || o.kind || ' ' || pg_catalog.string_agg(o.name, ', ')
            from (
                select
                    case c.relkind when 'v' then 1 when 'm' then 2 else 4 end as place,
                    case c.relkind
                        when 'v' then 'view'
                        when 'm' then 'materialized view'
                        else 'table'
                    end as kind,
                    c.oid::pg_catalog.regclass::text as name,
                    c.relnamespace as namespace,
                    c.relowner as owner
                from pg_catalog.pg_class as c
                where c.relkind in ('v', 'm', 'r')
                union all
                select
                    3,
                    'routine',
                    p.oid::pg_catalog.regprocedure::text,
                    p.pronamespace,
                    p.proowner
                from pg_catalog.pg_proc as p
            ) as o
            join pg_catalog.pg_namespace as n
                on n.oid = o.namespace
            where n.nspname in ('ahu', '_ahu')
                and (
                    o.owner = 'ahu_owner'::pg_catalog.regrole
                    -- A superuser's, since it reads passwords; whoever owns its schema may drop it.
                    or o.name = 'ahu.pgbouncer_login(text)'
                )
            group by
                o.place,
                o.kind
            order by o.place
        loop
            execute v_command;
        end loop;

        drop schema ahu, _ahu;
    end
    $drop_objects$
"""

_OUR_ROLES = """
    select
        r.rolname::text
    from pg_catalog.pg_roles as r
    where r.rolname in ('ahu_owner', 'ahu_pgbouncer', 'ahu_read', 'ahu_write')
        and pg_catalog.shobj_description(r.oid, 'pg_authid') like '%(made by ahu-sql).'
    order by r.rolname desc
"""
