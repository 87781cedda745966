"""AHU551 to AHU558: the query that looks passwords up, and what it finds on the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pglast

from ahu_sql.linter.findings import Finding
from ahu_sql.linter.tree import ast, nodes_of, parse
from ahu_sql.pooler.checks.situation import LOOK_UP, Situation, finding, hosts_of, is_local
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


def _is_set(situation: Situation, query: str) -> bool:
    """Whether somebody wrote this query; a console tells the default as if it were."""
    return "auth_query" in situation.configuration.settings or query != situation.text("auth_query")


@cache
def _names(query: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] | None:
    """Relations, functions and operators of a query as they are written; None: it is no SQL."""
    try:
        [statement] = parse(query)
    except (ValueError, RecursionError, pglast.parser.ParseError):
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
        if not _is_set(situation, query):
            users = sorted({situation.auth_user(alias) for alias in situation.aliases} - {""})
            message = (
                f"auth_query is not set; its default reads {relations[0]}, which "
                f"{' and '.join(users) or 'auth_user'} may not"
            )
            yield finding("AHU551", place, message, _HINT)
        elif bare:
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


def _asks_our_function(query: str) -> bool:
    """Whether a query is our function's answer to $1, and nothing beside it."""
    relations, functions, _ = _names(query) or ((), (), ())
    [statement] = parse(query)
    select = statement.stmt
    if relations or len(functions) != 1 or functions[0] not in (_OURS, _BARE):
        return False
    if len(list(nodes_of(select, ast.SelectStmt))) != 1 or len(select.fromClause or ()) != 1:
        return False
    [call] = nodes_of(select, ast.FuncCall)
    [argument] = call.args if len(call.args or ()) == 1 else [None]
    if isinstance(argument, ast.TypeCast):
        argument = argument.arg
    return (
        isinstance(select.fromClause[0], ast.RangeFunction)
        and isinstance(argument, ast.ParamRef)
        and argument.number == 1
        and all(isinstance(target.val, ast.ColumnRef) for target in select.targetList)
    )


def _reads_one_store(query: str) -> bool:
    """Whether a query reads one of the server's own tables of passwords, and nothing else."""
    relations, functions, _ = _names(query) or ((), (), ())
    return (
        len(relations) == 1
        and _in_catalog(relations[0])
        and relations[0].split(".")[-1] in _STORES
        and all(map(_in_catalog, functions))
        and len(list(nodes_of(parse(query)[0].stmt, ast.SelectStmt))) == 1
    )


def _in_catalog(name: str) -> bool:
    return "." not in name or name.startswith("pg_catalog.")


def unknown_query(situation: Situation) -> Iterator[Finding]:
    """AHU553: a query of which nobody can tell here what it gives out."""
    for query, place in _queries(situation):
        names = _names(query)
        if names is None:
            yield finding("AHU553", place, "auth_query is no SQL query", _HINT)
            continue
        relations, functions, _ = names
        if _asks_our_function(query) or _reads_one_store(query):
            continue
        asked = [name for name in (*functions, *relations) if name not in (_OURS, _BARE)]
        what = asked[0] if asked else "something"
        if {_OURS, _BARE} & set(functions):
            message = f"auth_query gives out more than {_OURS}($1) does"
            if asked:
                message += f": it asks {', '.join(dict.fromkeys(asked))} too"
            yield finding("AHU553", place, message, _HINT)
            continue
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
                _renewed(role.name)
                if not role.is_expired
                else f"alter role {role.name} valid until 'infinity'",
            )


def _renewed(role: str) -> str:
    """How a role gets a password that no list of processes shows."""
    return f"{role.upper()}_PASSWORD_FILE=FILE ahu-sql install"


def own_password(situation: Situation) -> Iterator[Finding]:
    """AHU558: the password with which pgbouncer itself logs in to a server by TCP."""
    if situation.text("server_tls_key_file"):
        return  # a certificate may do instead
    users: dict[str, Place] = {}
    for alias in situation.aliases:
        if not all(map(is_local, hosts_of(alias))) and situation.auth_user(alias):
            users.setdefault(situation.auth_user(alias), alias.place)
    for user, place in users.items():
        yield from _own_password_here(situation, user)
        role = situation.server.roles.get(user) if situation.server else None
        if role is None:
            continue
        fault = {
            "none": "no password",
            "md5": "an MD5 password, no SCRAM secret,",
        }.get(role.secret or "", "a password whose VALID UNTIL is over" if role.is_expired else "")
        if fault:
            message = f"role {user} has {fault} on the server, where pgbouncer logs in by TCP"
            hint = f"alter role {user} valid until 'infinity'" if role.is_expired else _same(user)
            yield finding("AHU558", place, message, hint)


def _own_password_here(situation: Situation, user: str) -> Iterator[Finding]:
    """What is wrong with the userlist's own line."""
    server = situation.server
    role = server.roles.get(user) if server else None
    logins = [own for own in situation.configuration.userlist or () if own.user == user]
    if situation.knows_no_password(user):
        place = logins[0].place if logins else situation.where("auth_file")
        message = f"the userlist has no password of {user}, and the server is reached by TCP"
        yield finding("AHU558", place, message, f'"{user}" "..." in the file of auth_file')
    elif logins and logins[0].secret != "plain":
        kind = {"md5": "an MD5 hash", "scram": "a SCRAM secret"}[logins[0].secret]
        message = f"the userlist has {kind} of {user}, and a server asks for the password itself"
        yield finding("AHU558", logins[0].place, message, f'"{user}" "...", in clear, mode 600')
    elif logins and role and role.is_other:
        message = f"the password of {user} in the userlist is not the one on the server"
        yield finding("AHU558", logins[0].place, message, _same(user))


def _same(user: str) -> str:
    variable = f"{user.upper()}_PASSWORD_FILE=FILE"
    return f"{variable} ahu-sql install, and {variable} ahu-sql pgbouncer render --out DIR"


RULES = (
    unqualified,
    expired_passwords,
    unknown_query,
    no_function,
    useless_passwords,
    own_password,
)
