"""AHU551 to AHU557: the query that looks passwords up, and what it finds on the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pglast

from ahu_sql.linter.findings import Finding
from ahu_sql.linter.tree import ast, nodes_of, parse
from ahu_sql.pooler.checks.situation import LOOK_UP, Situation, finding
from ahu_sql.pooler.ini import Place

_OURS = "ahu.pgbouncer_login"
_BARE = "pgbouncer_login"
"""Ours too, but for the schema, which is a fault of its own."""
_STORES = ("pg_shadow", "pg_authid", "pg_roles", "pg_user")
_EXPIRY = re.compile(r"\b(rolvaliduntil|valuntil)\b", re.IGNORECASE)
_HINT = f"auth_query = {LOOK_UP}"


def _queries(situation: Situation) -> Iterator[tuple[str, Place]]:
    """Each auth_query that is in use, once, and where it stands."""
    if not situation.looks_up:
        return
    own = [alias for alias in situation.aliases if "auth_query" in alias.parameters]
    for alias in own:
        if situation.auth_user(alias):
            yield alias.parameters["auth_query"], alias.place
    if situation.configuration.is_running or any(
        situation.auth_user(alias) for alias in situation.aliases if alias not in own
    ):
        yield situation.text("auth_query"), situation.where("auth_query")


@cache
def _names(query: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] | None:
    """Relations, functions and operators of a query as they are written; None: it is no SQL."""
    try:
        [statement] = parse(query)
    except (ValueError, pglast.parser.ParseError):
        return None

    def dotted(names: tuple[object, ...]) -> str:
        return ".".join(str(getattr(name, "sval", name)) for name in names)

    tree = statement.stmt
    relations = tuple(
        dotted(tuple(part for part in (node.schemaname, node.relname) if part))
        for node in nodes_of(tree, ast.RangeVar)
    )
    functions = tuple(dotted(node.funcname) for node in nodes_of(tree, ast.FuncCall))
    operators = tuple(dotted(node.name) for node in nodes_of(tree, ast.A_Expr))
    return relations, functions, operators


def unqualified(situation: Situation) -> Iterator[Finding]:
    """AHU551: a query whose meaning a search_path can change."""
    for query, place in _queries(situation):
        relations, functions, operators = _names(query) or ((), (), ())
        # An operator is made of signs, a dot among them only where it is qualified.
        bare = [name for name in (*relations, *functions, *operators) if "." not in name]
        if bare:
            yield finding(
                "AHU551",
                place,
                f"auth_query does not say in which schema {', '.join(dict.fromkeys(bare))} "
                f"{'is' if len(set(bare)) == 1 else 'are'}",
                _HINT,
            )


def expired_passwords(situation: Situation) -> Iterator[Finding]:
    """AHU552: a query that lets a password in whose VALID UNTIL is over."""
    for query, place in _queries(situation):
        relations = (_names(query) or ((), (), ()))[0]
        stores = [name for name in relations if name.split(".")[-1] in _STORES]
        if stores and not _EXPIRY.search(query):
            message = f"auth_query reads {stores[0]} and lets expired passwords in"
            yield finding("AHU552", place, message, _HINT)


def unknown_query(situation: Situation) -> Iterator[Finding]:
    """AHU553: a query of which nobody can tell here what it gives out."""
    for query, place in _queries(situation):
        names = _names(query)
        if names is None:
            yield finding("AHU553", place, "auth_query is no SQL query", _HINT)
            continue
        relations, functions, _ = names
        if {_OURS, _BARE} & set(functions) or any(
            name.split(".")[-1] in _STORES for name in relations
        ):
            continue
        what = (*functions, *relations, "something")[0]
        yield finding(
            "AHU553",
            place,
            f"auth_query asks {what}, which is unknown here: it must honour VALID UNTIL, set its "
            "search_path, give out ahu_read and ahu_write alone, and no row for anybody else",
            _HINT,
        )


def no_function(situation: Situation) -> Iterator[Finding]:
    """AHU554, AHU555, AHU556: the function of the query is missing, or cannot do its work."""
    server = situation.server
    asked = [
        place for query, place in _queries(situation) if _OURS in (_names(query) or ((), ()))[1]
    ]
    if server is None or not asked:
        return
    place, function = asked[0], server.login_function
    install = "ahu-sql install, as a superuser"
    if function is None:
        message = f"function {_OURS}(text) is not in database {server.database}: nobody gets in"
        yield finding("AHU554", place, message, install)
        return
    if not function.owner_is_superuser:
        message = f"{_OURS} belongs to {function.owner}, who may not read passwords: nobody gets in"
        yield finding("AHU555", place, message, install)
    users = {situation.auth_user(alias) for alias in situation.aliases} - {""}
    for user in sorted(users):
        if user in server.roles and user not in function.executors:
            message = f"{user} may not call {_OURS}: nobody gets in"
            hint = f"grant usage on schema ahu to {user}, and execute on function {_OURS}(text)"
            yield finding("AHU556", place, message, hint)
        elif user not in server.roles:
            message = f"there is no role {user} that could log in and call {_OURS}"
            yield finding("AHU556", place, message, install)


def useless_passwords(situation: Situation) -> Iterator[Finding]:
    """AHU557: a role of ours that has no password that gets it in."""
    if situation.server is None:
        return
    for alias in situation.our_aliases:
        role = situation.server.roles.get(alias.name)
        if role is None:
            message = f"there is no role {alias.name} on the server that could log in"
            yield finding("AHU557", alias.place, message, "ahu-sql install")
        elif role.secret in ("none", "md5") or role.is_expired:
            fault = {"none": "no password", "md5": "an MD5 password, no SCRAM secret"}.get(
                role.secret or "", "a password whose VALID UNTIL is over"
            )
            yield finding(
                "AHU557",
                alias.place,
                f"role {role.name} has {fault}: nobody gets in by its alias",
                f"{role.name.upper()}_PASSWORD=... ahu-sql install"
                if not role.is_expired
                else f"alter role {role.name} valid until 'infinity'",
            )


RULES = (unqualified, expired_passwords, unknown_query, no_function, useless_passwords)
