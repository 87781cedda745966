"""What the catalogs of an installed database say of our objects, as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import errors

from api.comments import Comment, read_comment
from api.queries import (
    CHECKS,
    COLUMNS,
    GRANTS,
    PARAMETERS,
    RELATIONS,
    REVOKES,
    ROLE,
    ROOMS,
    ROUTINES,
    SITE_GRANTS,
    TRIGGERS,
)
from databases import Database

PUBLIC_SCHEMA = "ahu"
ROLES = ("ahu_owner", "ahu_read", "ahu_write", "ahu_pgbouncer")
GRANTEES = (*ROLES[1:], "pg_monitor")
"""Who is granted something; the owner needs no grants."""

# how a person would write intervals, not how a server answers with them
WORDING = {"intervalstyle": "postgres_verbose", "search_path": "pg_catalog", "timezone": "UTC"}

_CAST = re.compile(r"::(?:timestamp with time zone|time without time zone|\w+)(?:\[\])*")
_CODE = re.compile(r"errcode\s*=\s*'(\w+)'")
_STRING_OR_REMARK = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_CALL = re.compile(r"\b(_?ahu\.\w+)\(")


@dataclass(frozen=True)
class Column:
    """One column of a table or view. default: as SQL, empty where it has none."""

    name: str
    type: str
    default: str
    comment: str


@dataclass(frozen=True)
class Check:
    """A CHECK constraint of a table, as SQL, and the columns that it is about."""

    columns: tuple[str, ...]
    condition: str


@dataclass(frozen=True)
class Relation:
    """A table or view."""

    name: str
    kind: str
    comment: str
    columns: tuple[Column, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a routine, or column of its result.

    mode: one of pg_proc's letters (in, inout, out, variadic, table). default: None where there is
    none.
    """

    name: str
    mode: str
    type: str
    default: str | None

    @property
    def is_given(self) -> bool:
        """Whether callers pass it; those that answer and have a default are left out by them."""
        return self.mode in "iv"

    @property
    def is_answered(self) -> bool:
        """Whether it comes back."""
        return self.mode in "bot"


@dataclass(frozen=True)
class Routine:
    """A function or procedure. remark: its comment, whole."""

    name: str
    kind: str
    returns: str
    volatility: str
    runs_as_owner: bool
    remark: str
    source: str
    parameters: tuple[Parameter, ...]

    @property
    def call(self) -> str:
        """Its name with the parameters that callers pass."""
        return f"{self.name}({', '.join(one.name for one in self.parameters if one.is_given)})"

    @cached_property
    def comment(self) -> Comment:
        """Its comment in its parts."""
        return read_comment(self.remark, [one.name for one in self.parameters if one.name])

    @property
    def codes(self) -> frozenset[str]:
        """SQLSTATEs of the errors that its own body raises."""
        return frozenset(_sqlstate(name) for name in _CODE.findall(self.source))

    @property
    def calls(self) -> frozenset[str]:
        """Names of our routines that its body calls, but for those in dynamic SQL."""
        return frozenset(_CALL.findall(_STRING_OR_REMARK.sub("", self.source)))


@dataclass(frozen=True)
class Role:
    """One of our roles. limits: by name, with their units; connection_limit -1: none."""

    name: str
    comment: str
    can_login: bool
    connection_limit: int
    limits: Mapping[str, str]


@dataclass(frozen=True)
class Catalog:
    """All of it. Names are qualified.

    grants: (object, privilege, role). site_grants: likewise, on objects of the site. revokes: of
    PostgreSQL's functions, from PUBLIC. triggers: (name, function) on the raw table. rooms: the
    folder of each object's file below sql/, by its name in the catalogs.
    """

    relations: tuple[Relation, ...]
    routines: tuple[Routine, ...]
    roles: tuple[Role, ...]
    grants: tuple[tuple[str, str, str], ...]
    site_grants: tuple[tuple[str, str, str], ...]
    revokes: tuple[str, ...]
    triggers: tuple[tuple[str, str], ...]
    rooms: Mapping[str, str]

    @cached_property
    def objects(self) -> Mapping[str, Relation | Routine]:
        """Relations and routines by their names; no two routines of ours share one."""
        found: dict[str, Relation | Routine] = {}
        for one in (*self.relations, *self.routines):
            assert one.name not in found, f"two objects are called {one.name}"
            found[one.name] = one
        return found

    def public_names(self) -> list[str]:
        """Names of what we promise."""
        return [name for name in self.objects if name.startswith(f"{PUBLIC_SCHEMA}.")]

    def users(self, name: str) -> tuple[str, ...]:
        """Who was granted something on it, but for its owner."""
        granted = {role for object_name, _, role in self.grants if object_name == name}
        return tuple(role for role in GRANTEES if role in granted)

    def may_raise(self, name: str) -> frozenset[str]:
        """SQLSTATEs that a routine raises, itself or by those that it calls."""
        seen, waiting = set[str](), [name]
        codes = frozenset[str]()
        while waiting:
            one = self.objects.get(waiting.pop())
            if isinstance(one, Routine) and one.name not in seen:
                seen.add(one.name)
                codes |= one.codes
                waiting.extend(one.calls)
        return codes


def read_catalog(database: Database) -> Catalog:
    """What it says now."""
    with database.connect() as session:
        for name, value in WORDING.items():
            session.execute("select set_config(%s, %s, false)", [name, value])
        return Catalog(
            relations=tuple(_relations(session)),
            routines=tuple(_routines(session)),
            roles=tuple(_roles(session)),
            grants=tuple(session.execute(GRANTS, [list(GRANTEES)]).fetchall()),
            site_grants=tuple(
                (re.sub(r'"([a-z_][a-z0-9_]*)"', r"\1", name), privilege, role)
                for name, privilege, role in session.execute(SITE_GRANTS, [database.name])
            ),
            revokes=tuple(name for (name,) in session.execute(REVOKES)),
            triggers=tuple(session.execute(TRIGGERS).fetchall()),
            rooms=dict(session.execute(ROOMS).fetchall()),
        )


def condition_name(code: str) -> str:
    """PostgreSQL's name of a SQLSTATE, such as lock_not_available; empty for one of ours."""
    try:
        name = errors.lookup(code).__name__
    except KeyError:
        return ""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def plain(expression: str) -> str:
    """An expression of the catalogs as a person writes it."""
    text = _CAST.sub("", expression).replace("'@ ", "'")
    text = re.sub(r"(?<=\d )(min|sec)(s?)\b", _whole_word, text)
    text = re.sub(r"^CHECK \(\(?(.*?)\)?\)$", r"\1", text)
    text = re.sub(r"= ANY \(ARRAY\[(.*?)\]\)", r"in (\1)", text)
    return "null" if text == "NULL" else text


def short(type_name: str) -> str:
    """A type as it is typed."""
    return type_name.replace("timestamp with time zone", "timestamptz").replace(
        "time without time zone", "time"
    )


def _whole_word(found: re.Match[str]) -> str:
    return {"min": "minute", "sec": "second"}[found[1]] + found[2]


def _sqlstate(name: str) -> str:
    """Of a condition, by its name or as it is."""
    if re.fullmatch(r"[0-9A-Z]{5}", name):
        return name
    return str(getattr(errors, "".join(map(str.capitalize, name.split("_")))).sqlstate)


def _relations(session: Any) -> Iterator[Relation]:
    for oid, name, kind, comment in session.execute(RELATIONS).fetchall():
        columns = [
            Column(column, short(type_name), plain(default), remark)
            for column, type_name, default, remark in session.execute(COLUMNS, [oid])
        ]
        checks = [
            Check(tuple(names), plain(condition))
            for names, condition in session.execute(CHECKS, [oid])
        ]
        yield Relation(name, kind, comment, tuple(columns), tuple(checks))


def _routines(session: Any) -> Iterator[Routine]:
    for oid, *values in session.execute(ROUTINES).fetchall():
        parameters = [
            Parameter(name, mode, short(type_name), None if default is None else plain(default))
            for name, mode, type_name, default in session.execute(PARAMETERS, [oid])
        ]
        yield Routine(*values, tuple(parameters))


def _roles(session: Any) -> Iterator[Role]:
    for name, comment, can_login, connection_limit, limits in session.execute(ROLE, [list(ROLES)]):
        pairs = (limit.partition("=") for limit in limits)
        yield Role(name, comment, can_login, connection_limit, {key: v for key, _, v in pairs})
