"""Puts drifted objects right, around the files that hold them and within an install's transaction.

A file makes anew what it holds, but leaves what a table has lost, who owns it, and what others may
do with it. What cannot be replaced where it stands (a table without a column, a view with another
one) is set aside in the other one of our schemas until its successor has taken over its rows, what
others added to it, and the views that read it: those and what others built on them stay what they
are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from ahu_sql.alterations import OWNER, of_grants, of_owner, of_relation, of_role
from ahu_sql.database import Connection, run
from ahu_sql.drift import Drift, Survey
from ahu_sql.errors import AhuSqlError
from ahu_sql.losses import REFOLDED
from ahu_sql.rows import mark_everything, restore_rows, sum_up_months
from ahu_sql.transaction import READERS_TIMEOUT_MS

_LOG = "_ahu.pending_changes"
_OTHER_SCHEMA = {"ahu": "_ahu", "_ahu": "ahu"}


@dataclass(frozen=True)
class Aside:
    """An object that has given way. name: where it stood; kind: what it is; additions: statements
    that give its successor what others had added to it."""

    name: str
    kind: str
    additions: tuple[str, ...]

    @property
    def place(self) -> str:
        """Its name while it is set aside."""
        schema, _, rest = self.name.partition(".")
        return f"{_OTHER_SCHEMA[schema]}.{rest}"


def prepare_foundations(connection: Connection, survey: Survey) -> None:
    """What has to be done to schemas and roles before their files are applied again."""
    for drift in survey.drift:
        if not drift.is_dropped and drift.kind == "role":
            with _explained(connection, drift):
                _run_all(connection, of_role(drift))
    with _as_owner(connection):
        for drift in survey.drift:
            if not drift.is_dropped and drift.kind == "schema":
                _run_all(connection, of_grants(drift))


def prepare(connection: Connection, survey: Survey) -> tuple[Aside, ...]:
    """What has to be done before the other files are applied again; answers what was set aside."""
    present = [
        drift
        for drift in survey.drift
        if not drift.is_dropped
        and drift.kind not in ("role", "schema")
        and not drift.path.startswith("85_pooler/")  # it begins by dropping what is there
    ]
    with _as_owner(connection):
        others = survey.also_rebuilt - {drift.name for drift in present}
        asides = [_set_aside(connection, name) for name in sorted(others)]
    for drift in sorted(present, key=lambda drift: drift.name == _LOG):
        if drift.name == _LOG:
            # From here on the ETL waits as well.
            connection.execute(f"set local lock_timeout = {READERS_TIMEOUT_MS}")
        with _explained(connection, drift):
            _run_all(connection, of_owner(drift))
            with _as_owner(connection):
                if drift.is_to_be_rebuilt:
                    asides.append(_set_aside(connection, drift.name))
                else:
                    _run_all(connection, (*of_grants(drift), *of_relation(drift)))
    return tuple(asides)


def conclude(connection: Connection, survey: Survey, asides: tuple[Aside, ...]) -> None:
    """What has to be done after the files were applied again."""
    lost = {drift.name for drift in survey.drift if drift.has_lost_rows}
    with _as_owner(connection):
        for aside in asides:
            if aside.kind == "table":
                restore_rows(connection, aside.name, aside.place)
        # What reads others goes first: views, what is summed up from another one, tables.
        for aside in sorted(asides, key=_turn_to_go):
            _drop(connection, aside)
            _add(connection, aside)
        if "_ahu.monthly_rollup" in lost:
            sum_up_months(connection)
        if lost & REFOLDED:
            mark_everything(connection)


def _set_aside(connection: Connection, name: str) -> Aside:
    row = connection.execute(_KIND, {"name": name}).fetchone()
    kind = str(row[0]) if row else "table"
    additions = connection.execute(_ADDITIONS, {"name": name}).fetchall()
    aside = Aside(name, kind, tuple(str(statement) for (statement,) in additions))
    schema = name.partition(".")[0]
    run(connection, f"alter {kind} {name} set schema {_OTHER_SCHEMA[schema]}")
    return aside


def _drop(connection: Connection, aside: Aside) -> None:
    try:
        run(connection, f"drop {aside.kind} {aside.place}")
    except psycopg.errors.DependentObjectsStillExist as error:
        raise AhuSqlError(
            f"{aside.kind} {aside.name} was changed by hand, and objects of others depend on it",
            detail=error.diag.message_detail,
            hint="Drop them or have them read the views of schema ahu, then run ahu-sql install "
            "again.",
            exit_code=1,
        ) from error


@contextmanager
def _as_owner(connection: Connection) -> Iterator[None]:
    connection.execute(f"set local role {OWNER}")
    yield
    connection.execute("reset role")


@contextmanager
def _explained(connection: Connection, drift: Drift) -> Iterator[None]:
    """Says which object rows that nobody expected, or missing rights, stand in the way of."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise AhuSqlError(
            f"{drift.kind} {drift.name} cannot be put right by role {connection.info.user}",
            detail=f"It has drifted ({drift}), and: {error.diag.message_primary}.",
            hint="Once as a superuser: ahu-sql install",
            exit_code=1,
        ) from error
    except (psycopg.IntegrityError, psycopg.errors.DependentObjectsStillExist) as error:
        raise AhuSqlError(
            f"{drift.kind} {drift.name} cannot be put right: {error.diag.message_primary}",
            detail=error.diag.message_detail or f"{drift}.",
            hint="Correct or drop what stands in the way, then run ahu-sql install again.",
            exit_code=1,
        ) from error


def _turn_to_go(aside: Aside) -> tuple[int, bool]:
    kinds = ("view", "materialized view")
    place = kinds.index(aside.kind) if aside.kind in kinds else len(kinds)
    return place, "monthly" not in aside.name


def _add(connection: Connection, aside: Aside) -> None:
    for statement in aside.additions:
        try:
            with connection.transaction():
                run(connection, statement)
        except psycopg.errors.UndefinedColumn:
            # It was about a column that is none of ours, and is gone.
            continue


def _run_all(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        run(connection, statement)


_KIND: LiteralString = """
    select
        case c.relkind
            when 'v' then 'view'
            when 'm' then 'materialized view'
            when 'f' then 'foreign table'
            else 'table'
        end
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    where pg_catalog.format('%%I.%%I', n.nspname, c.relname) = %(name)s
    union all
    select
        'routine'
    from pg_catalog.pg_proc as p
    where p.oid::pg_catalog.regprocedure::text = %(name)s
"""

# What others were granted on it, their indexes and their triggers.
_ADDITIONS: LiteralString = """
    with relation as (
        select
            c.oid,
            c.relowner,
            c.relacl
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n
            on n.oid = c.relnamespace
        where pg_catalog.format('%%I.%%I', n.nspname, c.relname) = %(name)s
    )
    select
        pg_catalog.format(
            'grant %%s%%s on %%s %%s to %%I%%s',
            a.privilege_type,
            a.columns,
            a.granted_as,
            %(name)s,
            r.rolname,
            case when a.is_grantable then ' with grant option' else '' end
        )
    from (
        select
            'table' as granted_as,
            o.relowner as owner,
            e.grantee,
            e.privilege_type,
            e.is_grantable,
            '' as columns
        from relation as o
        cross join lateral pg_catalog.aclexplode(o.relacl) as e
        union all
        select
            'table',
            o.relowner,
            e.grantee,
            e.privilege_type,
            e.is_grantable,
            pg_catalog.format(' (%%I)', c.attname)
        from relation as o
        join pg_catalog.pg_attribute as c
            on c.attrelid = o.oid
        cross join lateral pg_catalog.aclexplode(c.attacl) as e
        union all
        select
            'routine',
            p.proowner,
            e.grantee,
            e.privilege_type,
            e.is_grantable,
            ''
        from pg_catalog.pg_proc as p
        cross join lateral pg_catalog.aclexplode(p.proacl) as e
        where p.oid::pg_catalog.regprocedure::text = %(name)s
    ) as a
    join pg_catalog.pg_roles as r
        on r.oid = a.grantee
    where a.grantee <> a.owner
        and r.rolname not in (
            'ahu_owner', 'ahu_pgbouncer', 'ahu_read', 'ahu_write', 'pg_monitor'
        )
    union all
    select
        pg_catalog.pg_get_indexdef(x.indexrelid)
    from relation as o
    join pg_catalog.pg_index as x
        on x.indrelid = o.oid
    join pg_catalog.pg_class as i
        on i.oid = x.indexrelid
    where not exists (
        select
        from pg_catalog.pg_constraint as k
        where k.conindid = x.indexrelid
    )
        and not exists (
            select
            from _ahu.object_state as s
            where s.name = %(name)s
                and s.part = 'index ' || pg_catalog.quote_ident(i.relname)
        )
    union all
    select
        pg_catalog.pg_get_triggerdef(t.oid)
    from relation as o
    join pg_catalog.pg_trigger as t
        on t.tgrelid = o.oid
    where not t.tgisinternal
"""
