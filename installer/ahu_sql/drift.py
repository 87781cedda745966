"""Drift: objects of ours that somebody changed or dropped since the last install noted them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import LiteralString

import psycopg

from ahu_sql.database import Connection
from ahu_sql.inspection import is_installed, may_read_private_parts
from ahu_sql.ledger import read_ledger
from ahu_sql.losses import loss_of

NOTES_PATH = "30_tables/object_state.sql"
TOOL_PATHS = (
    NOTES_PATH,
    *(
        f"75_monitoring/describe_{what}.sql"
        for what in ("columns", "objects", "relations", "rights", "roles", "routines")
    ),
)
"""What the comparison itself is made with."""

MISTAKES = (psycopg.ProgrammingError, psycopg.DataError, psycopg.InternalError)
"""How SQL of ours ends when something that it needs is not there, or is not what it was."""


@dataclass(frozen=True)
class Change:
    """A part of an object. noted: after the last install, None: it was added; found: now, None: it
    was dropped."""

    part: str
    noted: str | None
    found: str | None

    @property
    def verb(self) -> str:
        """What happened to it."""
        if self.noted is None:
            return "added"
        return "dropped" if self.found is None else "changed"


@dataclass(frozen=True)
class Drift:
    """One object that is not what it was. path: of the file that holds it; changes: none where the
    whole object was dropped."""

    path: str
    kind: str
    name: str
    changes: tuple[Change, ...] = ()

    @property
    def is_dropped(self) -> bool:
        """Whether nothing of that name is there."""
        return not self.changes

    @property
    def is_to_be_rebuilt(self) -> bool:
        """Whether its file alone cannot put right what is there: it has to give way first."""
        return any(
            change.part in ("kind", "columns", "result", "parameters")
            or change.part.startswith("column ")
            or (change.part == "definition" and self.kind == "materialized view")
            for change in self.changes
        )

    @property
    def has_lost_rows(self) -> bool:
        """Whether what a table held is gone, all of it or in part."""
        return self.is_dropped or any(
            change.part == "kind" or (change.part.startswith("column ") and change.verb != "added")
            for change in self.changes
        )

    def __str__(self) -> str:
        """The line that names it, and what becomes of rows that are lost."""
        loss = loss_of(self.name) if self.has_lost_rows else None
        return f"{self.kind} {self.name}: {self._what()}{f'; {loss}' if loss else ''}"

    def _what(self) -> str:
        if self.is_dropped:
            return "it was dropped"
        kind = next((change.found for change in self.changes if change.part == "kind"), None)
        if kind:
            return f"there is a {kind} in its place"
        clauses = []
        for verb in ("dropped", "changed", "added"):
            parts = [change.part for change in self.changes if change.verb == verb]
            # A column comes and goes with all that it has.
            whole = tuple(f" {part}" for part in parts if part.startswith("column "))
            parts = [part for part in parts if not (whole and part.endswith(whole))]
            if parts:
                clauses.append(f"its {_listed(parts)} {'were' if len(parts) > 1 else 'was'} {verb}")
        return ", ".join(clauses)


@dataclass(frozen=True)
class Survey:
    """What has drifted. is_complete: False where what tells it has itself drifted, so that more may
    have. is_outdated: noted by another major version of the server. others: views of ours, by path,
    that must follow what is rebuilt, and materialized views, by name, to be rebuilt with it."""

    drift: tuple[Drift, ...] = ()
    is_complete: bool = True
    is_outdated: bool = False
    followers: frozenset[str] = frozenset()
    also_rebuilt: frozenset[str] = frozenset()


def read_survey(connection: Connection) -> Survey:
    """Compares what is there with what was noted. Reads only; nothing where nothing was noted, or
    for who may not read it."""
    if not is_installed(connection) or not may_read_private_parts(connection):
        return Survey()
    missing = tuple(_missing_tools(connection))
    if Drift(NOTES_PATH, "table", "_ahu.object_state") in missing:
        is_noted = NOTES_PATH in read_ledger(connection)
        return Survey(missing, is_complete=False) if is_noted else Survey()
    if missing:
        return Survey(missing, is_complete=False)
    try:
        with connection.transaction():
            return _compare(connection)
    except MISTAKES as error:
        reason = " ".join(str(error.diag.message_primary or error).split())
        broken = Change(f"answer ({reason})", "", "")
        drift = Drift(
            "75_monitoring/describe_objects.sql",
            "function",
            "_ahu.describe_objects()",
            (broken,),
        )
        return Survey((drift,), is_complete=False)


def _missing_tools(connection: Connection) -> Iterator[Drift]:
    for path in TOOL_PATHS:
        name = f"_ahu.{PurePosixPath(path).stem}"
        is_table = path == NOTES_PATH
        row = connection.execute(
            "select coalesce(pg_catalog.to_regclass(%s)::oid, pg_catalog.to_regprocedure(%s)::oid)",
            (name, f"{name}()"),
        ).fetchone()
        if row is None or row[0] is None:
            yield Drift(
                path, "table" if is_table else "function", name if is_table else f"{name}()"
            )


def _compare(connection: Connection) -> Survey:
    row = connection.execute(_NOTES).fetchone()
    are_there, is_outdated = row or (False, False)
    if not are_there:
        rows = Change("rows", "", None)
        emptied = Drift(NOTES_PATH, "table", "_ahu.object_state", (rows,))
        return Survey((emptied,), is_complete=False)
    found = [
        Drift(
            path,
            kind,
            name,
            tuple(Change(part, noted, now) for *_, part, noted, now in rows) if is_there else (),
        )
        for (path, kind, name, is_there), rows in groupby(
            connection.execute(_DRIFT).fetchall(), key=lambda row: row[:4]
        )
    ]
    drift = (*found, *_emptied(connection, {one.name for one in found}))
    rebuilt = [one.name for one in drift if one.is_to_be_rebuilt]
    followers = connection.execute(_FOLLOWERS, (rebuilt,)).fetchall() if rebuilt else []
    return Survey(
        drift,
        is_outdated=is_outdated,
        followers=frozenset(path for _, path, _ in followers),
        also_rebuilt=frozenset(name for name, _, is_rebuilt in followers if is_rebuilt),
    )


def _emptied(connection: Connection, drifted: set[str]) -> Iterator[Drift]:
    """Tables that hold one row always, and have lost it."""
    for path, name in (
        ("30_tables/refresh_turn.sql", "_ahu.refresh_turn"),
        ("30_tables/settings.sql", "ahu.settings"),
        ("30_tables/source.sql", "_ahu.source"),
    ):
        if name in drifted:
            continue
        query = psycopg.sql.SQL("select from {}").format(psycopg.sql.Identifier(*name.split(".")))
        if connection.execute(query).fetchone() is None:
            yield Drift(path, "table", name, (Change("row", "", None),))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


_NOTES: LiteralString = """
    select
        count(*) > 0,
        coalesce(
            pg_catalog.bool_or(
                s.written_by
                    <> pg_catalog.current_setting('server_version_num')::integer / 10000
            ),
            false
        )
    from _ahu.object_state as s
"""

# What another major version has put into words may say the same in others: only that it is there
# is compared then. Indexes that others have added are theirs.
_DRIFT: LiteralString = """
    with found as materialized (
        select d.name, d.part, d.state from _ahu.describe_objects() as d
    ),
    differing as (
        select
            coalesce(n.name, f.name) as name,
            coalesce(n.part, f.part) as part,
            n.state as noted,
            f.state as found
        from _ahu.object_state as n
        full join found as f
            on f.name = n.name
            and f.part = n.part
        where n.state is distinct from f.state
            and not (
                n.state is not null
                and f.state is not null
                and coalesce(
                    n.written_by
                        <> pg_catalog.current_setting('server_version_num')::integer / 10000,
                    false
                )
            )
            and not (n.state is null and f.part like 'index %%')
    )
    select
        o.path,
        o.state as kind,
        o.name,
        exists (select from found as f where f.name = o.name) as is_there,
        d.part,
        d.noted,
        d.found
    from _ahu.object_state as o
    join differing as d
        on d.name = o.name
    where o.part = 'kind'
    order by
        o.path,
        o.name,
        d.part
"""

_FOLLOWERS: LiteralString = """
    with recursive rebuilt as (
        select
            o.class,
            o.object
        from pg_catalog.unnest(%s::text[]) as n (name)
        cross join lateral (
            values
                (
                    'pg_catalog.pg_class'::pg_catalog.regclass,
                    case
                        when n.name not like '%%(%%' then pg_catalog.to_regclass(n.name)::oid
                    end
                ),
                (
                    'pg_catalog.pg_proc'::pg_catalog.regclass,
                    case
                        when n.name like '%%(%%' then pg_catalog.to_regprocedure(n.name)::oid
                    end
                )
        ) as o (class, object)
        where o.object is not null
        union
        select
            'pg_catalog.pg_class'::pg_catalog.regclass,
            c.oid
        from rebuilt as b
        join pg_catalog.pg_depend as d
            on d.refclassid = b.class
            and d.refobjid = b.object
            and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        join pg_catalog.pg_rewrite as w
            on w.oid = d.objid
        join pg_catalog.pg_class as c
            on c.oid = w.ev_class
            and c.relkind = 'm'
    )
    select distinct
        s.name,
        s.path,
        c.relkind = 'm'
    from rebuilt as b
    join pg_catalog.pg_depend as d
        on d.refclassid = b.class
        and d.refobjid = b.object
        and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    join pg_catalog.pg_rewrite as w
        on w.oid = d.objid
    join pg_catalog.pg_class as c
        on c.oid = w.ev_class
    join pg_catalog.pg_namespace as n
        on n.oid = c.relnamespace
    join _ahu.object_state as s
        on s.name = pg_catalog.format('%%I.%%I', n.nspname, c.relname)
        and s.part = 'kind'
"""
