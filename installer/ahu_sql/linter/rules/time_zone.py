"""AHU401 to AHU405: nothing may depend on the session's time zone."""

from __future__ import annotations

from collections.abc import Iterator

from pglast import enums

from ahu_sql.linter.catalog import Catalog, Relation
from ahu_sql.linter.conversions import (
    AT_ZONE,
    CALENDAR_TYPES,
    Issue,
    between,
    conversion,
    literal_issue,
)
from ahu_sql.linter.findings import Finding
from ahu_sql.linter.inference import (
    LITERAL,
    is_calendar_interval,
    type_of,
)
from ahu_sql.linter.plpgsql import Role
from ahu_sql.linter.scopes import Scope, block_scope, inner_scope, output
from ahu_sql.linter.script import Fragment, Script
from ahu_sql.linter.tree import (
    Node,
    ast,
    children,
    constant,
    function_name,
    operator,
    type_name,
)

_QUERIES = (ast.SelectStmt, ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt)
_COMPARED = ("=", "<>", "!=", "<", "<=", ">", ">=", "-")
_DATE_TRUNC_ZONE_ARGUMENTS = 3
_SERIES_ZONE_ARGUMENTS = 4
_MAKE_TIMESTAMPTZ_ZONE_ARGUMENTS = 7


def check(script: Script, catalog: Catalog) -> Iterator[Finding]:
    """Everything in a file that a session's TimeZone would change."""
    for fragment in script.fragments:
        block = fragment.block
        if block is not None and "timezone" in {name.lower() for name in block.settings}:
            continue
        # an executed text sees no variables, and its $1 comes from USING
        blind = fragment.query is not None and fragment.query.role is Role.EXECUTED
        scope = block_scope(None if blind else block, catalog)
        if block is None and isinstance(fragment.node, ast.CreateStmt | ast.IndexStmt):
            scope.relations["own"] = scope.table(fragment.node.relation)
        yield from _assigned(script, fragment, scope)
        for node, parents, issue in _visit(fragment.node, (), scope):
            yield Finding(
                issue.code,
                script.file.path,
                fragment.line(node, parents),
                issue.message,
                issue.hint,
            )


def _assigned(script: Script, fragment: Fragment, scope: Scope) -> Iterator[Finding]:
    """`v_day := now()` converts as a cast does."""
    if fragment.assigns is None or not fragment.node.targetList:
        return
    value = fragment.node.targetList[0].val
    issue = conversion(value, scope.column(tuple(fragment.assigns.split("."))), scope)
    if issue is not None:
        yield Finding(issue.code, script.file.path, fragment.line(value), issue.message, issue.hint)


def _visit(
    node: Node, parents: tuple[Node, ...], scope: Scope
) -> Iterator[tuple[Node, tuple[Node, ...], Issue]]:
    if isinstance(node, _QUERIES):
        scope = inner_scope(node, scope)
    for issue in _issues(node, scope):
        yield node, parents, issue
    for child in children(node):
        yield from _visit(child, (*parents, node), scope)


def _issues(node: Node, scope: Scope) -> Iterator[Issue]:
    if isinstance(node, ast.SQLValueFunction):
        yield from _session_clock(node)
    elif isinstance(node, ast.TypeCast):
        yield from _maybe(conversion(node.arg, type_name(node.typeName), scope, explicit=True))
    elif isinstance(node, ast.FuncCall):
        yield from _call(node, scope)
    elif isinstance(node, ast.A_Expr):
        yield from _operation(node, scope)
    elif isinstance(node, ast.ColumnDef) and node.typeName is not None:
        for part in node.constraints or ():
            if part.contype == enums.ConstrType.CONSTR_DEFAULT:
                yield from _maybe(conversion(part.raw_expr, type_name(node.typeName), scope))
    elif isinstance(node, ast.FunctionParameter) and node.defexpr is not None:
        yield from _maybe(conversion(node.defexpr, type_name(node.argType), scope))
    elif isinstance(node, ast.InsertStmt) and node.selectStmt is not None:
        yield from _stored(node, scope)


def _maybe(issue: Issue | None) -> Iterator[Issue]:
    if issue is not None:
        yield issue


def _session_clock(node: Node) -> Iterator[Issue]:
    name = node.op.name.removeprefix("SVFOP_").removesuffix("_N").lower()
    if name in ("current_date", "current_time", "localtime", "localtimestamp"):
        hint = "write (now() at time zone 'Asia/Seoul')::date, with the site's zone"
        yield Issue("AHU401", f"{name} is read in the session's time zone", hint)


def _call(node: Node, scope: Scope) -> Iterator[Issue]:
    name = function_name(node)
    arguments = [
        argument.arg if isinstance(argument, ast.NamedArgExpr) else argument
        for argument in node.args or ()
    ]
    types = [type_of(argument, scope) for argument in arguments]
    second = types[1] if len(types) > 1 else LITERAL
    if name == "date_trunc" and len(arguments) < _DATE_TRUNC_ZONE_ARGUMENTS:
        yield from _date_trunc(second)
    elif name in ("extract", "date_part", "to_char") and second == "timestamptz":
        if name == "to_char" or (constant(arguments[0]) or "").lower() != "epoch":
            yield Issue("AHU404", f"{name} reads a timestamptz in the session's time zone", AT_ZONE)
    elif name == "to_char" and types[:1] == ["timestamptz"]:
        yield Issue("AHU404", "to_char reads a timestamptz in the session's time zone", AT_ZONE)
    elif name == "age" and "timestamptz" in types:
        yield Issue("AHU404", "age counts calendar days in the session's time zone", AT_ZONE)
    elif name == "timezone":
        yield from _at_time_zone(arguments, second)
    elif name == "generate_series":
        yield from _series(arguments, types)
    elif name == "to_timestamp" and len(arguments) > 1:
        hint = "write to_timestamp(…)::… from a text with its offset, or at time zone"
        yield Issue("AHU403", "to_timestamp reads a text in the session's time zone", hint)
    elif name == "make_timestamptz" and len(arguments) < _MAKE_TIMESTAMPTZ_ZONE_ARGUMENTS:
        hint = "give the zone: make_timestamptz(…, timezone => 'Asia/Seoul')"
        yield Issue("AHU403", "make_timestamptz takes the session's time zone", hint)
    elif name == "tstzrange":
        for argument in arguments[:2]:
            yield from _maybe(conversion(argument, "timestamptz", scope))


def _date_trunc(truncated: str | None) -> Iterator[Issue]:
    if truncated == "timestamptz":
        hint = "give the zone: date_trunc('day', …, 'Asia/Seoul')"
        yield Issue("AHU404", "date_trunc cuts a timestamptz in the session's time zone", hint)
    elif truncated == "date":
        hint = "cast to timestamp first: date_trunc('month', day::timestamp)::date"
        message = "date_trunc of a date goes through timestamptz in the session's time zone"
        yield Issue("AHU404", message, hint)
    elif truncated is None:
        hint = "write date_trunc('day', … at time zone 'Asia/Seoul'), or cast to timestamp first"
        message = "date_trunc of an expression of a type the linter does not know"
        yield Issue("AHU404", message, hint)


def _at_time_zone(arguments: list[Node], converted: str | None) -> Iterator[Issue]:
    if len(arguments) == 1:
        yield Issue("AHU404", "at local means the session's time zone", AT_ZONE)
    elif converted == "date":
        hint = "cast to timestamp first: day::timestamp at time zone 'Asia/Seoul'"
        message = "a date at time zone goes through timestamptz in the session's time zone"
        yield Issue("AHU403", message, hint)
    elif converted == LITERAL and (text := constant(arguments[1])) is not None:
        yield from _maybe(literal_issue(text, "timestamptz"))


def _series(arguments: list[Node], types: list[str | None]) -> Iterator[Issue]:
    if "date" in types[:2]:
        hint = "cast to timestamp first: generate_series(from_day::timestamp, …, interval '1 day')"
        message = "generate_series of dates goes through timestamptz in the session's time zone"
        yield Issue("AHU403", message, hint)
    elif (
        "timestamptz" in types[:2]
        and 2 < len(arguments) < _SERIES_ZONE_ARGUMENTS
        and is_calendar_interval(arguments[2])
    ):
        hint = "step through timestamps of the site's zone: (… at time zone 'Asia/Seoul')"
        message = "generate_series steps by calendar days of the session's time zone"
        yield Issue("AHU405", message, hint)


def _operation(node: Node, scope: Scope) -> Iterator[Issue]:
    kinds = enums.A_Expr_Kind
    name = operator(node)
    plain = node.kind == kinds.AEXPR_OP
    if plain and name in ("+", "-"):
        for moment, interval in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            if moment is None or interval is None or not is_calendar_interval(interval):
                continue
            if type_of(moment, scope) == "timestamptz":
                hint = "count hours (interval '24 hours'), or add to a local timestamp"
                message = "timestamptz plus calendar days moves with the session's time zone"
                yield Issue("AHU405", message, hint)
                return
    if plain and name not in _COMPARED:
        return
    if node.kind in (kinds.AEXPR_NULLIF, kinds.AEXPR_LIKE, kinds.AEXPR_ILIKE, kinds.AEXPR_SIMILAR):
        return
    others = node.rexpr if isinstance(node.rexpr, tuple) else (node.rexpr,)
    for side, other in [(node.lexpr, other) for other in others if node.lexpr is not None]:
        yield from _compared(side, other, scope, subtraction=name == "-")


def _compared(left: Node, right: Node, scope: Scope, *, subtraction: bool) -> Iterator[Issue]:
    """A timestamptz beside a date, a timestamp or a literal without offset."""
    for value, other in ((left, right), (right, left)):
        if type_of(other, scope) != "timestamptz":
            continue
        type_ = type_of(value, scope)
        if type_ in CALENDAR_TYPES or (type_ == LITERAL and not subtraction):
            yield from _maybe(conversion(value, "timestamptz", scope))


def _stored(node: Node, scope: Scope) -> Iterator[Issue]:
    """INSERT converts to the column's type as a cast does."""
    table = scope.table(node.relation)
    names = [target.name for target in node.cols or ()] or list(table.columns)
    select = node.selectStmt
    rows = select.valuesLists or ()
    if not rows:
        shape: Relation = output(select, scope)
        given = list(shape.columns.values()) if shape.complete else []
        for name, source in zip(names, given, strict=False):
            target = table.columns.get(name)
            if source is not None and target is not None:
                yield from _maybe(between(source, target, explicit=False))
    for row in rows:
        for name, value in zip(names, row, strict=False):
            yield from _maybe(conversion(value, table.columns.get(name), scope))
