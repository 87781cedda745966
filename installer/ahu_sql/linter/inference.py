"""A small type for an expression, from its text alone; None where it is not known.

Syntax trees have no types. Casts, known functions, declared variables and the columns of the
linted tables give enough of them to tell a timestamptz from a timestamp and a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pglast import enums

from ahu_sql.linter.tree import Node, ast, constant, function_name, operator, strings, type_name

if TYPE_CHECKING:
    from ahu_sql.linter.scopes import Scope

LITERAL = "unknown"  # a quoted constant takes the type that its place asks for
ARGUMENT = "argument"  # the result has the type of the function's first argument

_RESULTS = {
    "timestamptz": "now clock_timestamp statement_timestamp transaction_timestamp to_timestamp "
    "make_timestamptz pg_postmaster_start_time pg_conf_load_time pg_xact_commit_timestamp",
    "timestamp": "make_timestamp",
    "date": "make_date to_date",
    "time": "make_time",
    "interval": "make_interval age justify_days justify_hours justify_interval",
    "numeric": "extract round trunc ceil floor power sqrt",
    "float8": "date_part random",
    "int8": "count row_number rank dense_rank",
    "bool": "bool_and bool_or every isfinite isempty has_table_privilege pg_try_advisory_xact_lock",
    "text": "to_char format concat concat_ws current_setting set_config left right substr "
    "substring replace split_part quote_ident quote_literal quote_nullable string_agg btrim ltrim "
    "rtrim regexp_replace array_to_string obj_description col_description pg_typeof chr md5 "
    "jsonb_extract_path_text json_extract_path_text jsonb_array_elements_text",
    ARGUMENT: "min max any_value abs sum lag lead first_value last_value nth_value mode first last "
    "array_append array_remove array_cat",
    "daterange": "daterange",
    "tstzrange": "tstzrange",
    "tsrange": "tsrange",
}
_FUNCTIONS = {name: type_ for type_, names in _RESULTS.items() for name in names.split()}
_RANGES = {"daterange": "date", "tstzrange": "timestamptz", "tsrange": "timestamp"}
_COMPARISONS = frozenset(("=", "<>", "!=", "<", "<=", ">", ">="))
_TEXT_OPERATORS = frozenset(("->>", "#>>"))
_CALENDAR = re.compile(
    r"\b(mon|month|year|week|decade|day|century|millennium)s?\b|\d\s*(d|w|y|mon)s?\b"
    r"|^P[^T]*\d+[YMWD]",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r":\d\d(\.\d+)?\s*([+-]\d\d?(:?\d\d)?|z|utc|gmt)\s*$|\s(utc|gmt|[a-z_]+/[a-z_/]+)\s*$",
    re.IGNORECASE,
)
_FIXED_LITERALS = frozenset(("", "infinity", "-infinity", "epoch"))
_INTERVAL_HOUR_MASKS = 0x1C00  # INTERVAL_MASK of hour, minute and second in datetime.h
_CALENDAR_ARGUMENTS = ("years", "months", "weeks", "days")


def element(type_: str | None) -> str | None:
    """The element type of an array type."""
    return type_.removesuffix("[]") if type_ and type_.endswith("[]") else None


def has_fixed_offset(text: str) -> bool:
    """Whether a timestamptz literal means the same in every session, as `… 12:00+09` does."""
    return text.strip().lower() in _FIXED_LITERALS or bool(_OFFSET.search(text.strip()))


def known(types: Iterable[str | None]) -> str | None:
    """The type that several alternatives share: the first that is known."""
    found = [type_ for type_ in types if type_ is not None]
    return next((type_ for type_ in found if type_ != LITERAL), found[0] if found else None)


def type_of(node: Node, scope: Scope) -> str | None:
    """The type of an expression."""
    match node:
        case ast.TypeCast():
            return type_name(node.typeName)
        case ast.A_Const():
            return _constant_type(node)
        case ast.ColumnRef():
            names = strings(node.fields)
            return scope.column(names) if len(names) == len(node.fields) else None
        case ast.ParamRef():
            return scope.column((f"${node.number}",)) or LITERAL
        case ast.FuncCall():
            return _call_type(node, scope)
        case ast.SQLValueFunction():
            return _value_type(node)
        case ast.A_Expr():
            return _operator_type(node, scope)
        case ast.CoalesceExpr() | ast.MinMaxExpr():
            return known(type_of(argument, scope) for argument in node.args)
        case ast.CaseExpr():
            results = [when.result for when in node.args]
            results += [node.defresult] if node.defresult else []
            return known(type_of(result, scope) for result in results)
        case ast.A_ArrayExpr():
            inner = known(type_of(item, scope) for item in node.elements or ())
            return f"{inner}[]" if inner and inner != LITERAL else None
        case ast.CollateClause():
            return type_of(node.arg, scope)
        case ast.A_Indirection():
            subscript = isinstance(node.indirection[-1], ast.A_Indices)
            return element(type_of(node.arg, scope)) if subscript else _field_type(node, scope)
        case ast.SubLink():
            return _sublink_type(node, scope)
        case ast.BoolExpr() | ast.NullTest() | ast.BooleanTest():
            return "bool"
    return None


def is_calendar_interval(node: Node) -> bool:
    """Whether an interval counts days or more, whose length depends on a zone."""
    if isinstance(node, ast.TypeCast) and type_name(node.typeName) == "interval":
        modifier = node.typeName.typmods[0] if node.typeName.typmods else None
        mask = getattr(getattr(modifier, "val", None), "ival", None)
        text = constant(node.arg) or ""
        if text.strip().lstrip("+-").isdigit() and mask is not None:
            return not mask & _INTERVAL_HOUR_MASKS
        return bool(_CALENDAR.search(text))
    if isinstance(node, ast.FuncCall) and function_name(node) == "make_interval":
        return any(
            argument.name in _CALENDAR_ARGUMENTS
            if isinstance(argument, ast.NamedArgExpr)
            else place < len(_CALENDAR_ARGUMENTS) and not _is_zero(argument)
            for place, argument in enumerate(node.args or ())
        )
    if isinstance(node, ast.A_Expr) and operator(node) in ("*", "/", "+", "-"):
        sides = (node.lexpr, node.rexpr)
        return any(is_calendar_interval(side) for side in sides if side is not None)
    return False


def _is_zero(node: Node) -> bool:
    return isinstance(node, ast.A_Const) and getattr(node.val, "ival", None) == 0


def _constant_type(node: Node) -> str:
    if node.isnull or isinstance(node.val, ast.String):
        return LITERAL
    names = {ast.Integer: "int4", ast.Float: "numeric", ast.Boolean: "bool"}
    return names.get(type(node.val), LITERAL)


def _value_type(node: Node) -> str:
    name = node.op.name
    if "CURRENT_TIMESTAMP" in name:
        return "timestamptz"
    if "LOCALTIMESTAMP" in name:
        return "timestamp"
    if "LOCALTIME" in name:
        return "time"
    if "CURRENT_TIME" in name:
        return "timetz"
    return "date" if "CURRENT_DATE" in name else "name"


def _call_type(node: Node, scope: Scope) -> str | None:
    name = function_name(node)
    arguments = [
        argument.arg if isinstance(argument, ast.NamedArgExpr) else argument
        for argument in node.args or ()
    ]
    qualified = ".".join(strings(node.funcname))
    if qualified in scope.catalog.results:
        return scope.catalog.results[qualified]
    types = [type_of(argument, scope) for argument in arguments]
    first = types[0] if types else None
    second = types[1] if len(types) > 1 else None
    if name == "timezone":
        return "timestamptz" if second == "timestamp" else "timestamp"
    if name in ("date_trunc", "date_bin", "time_bucket"):
        return "timestamp" if second == "date" else second
    if name == "generate_series":
        return "timestamp" if first == "date" else first
    if name in ("lower", "upper"):
        return _RANGES.get(first or "", "text" if first in ("text", LITERAL) else None)
    if name == "array_agg":
        return f"{first}[]" if first and first != LITERAL else None
    if name == "unnest":
        return element(first)
    result = _FUNCTIONS.get(name)
    return first if result == ARGUMENT else result


def _operator_type(node: Node, scope: Scope) -> str | None:
    name = operator(node)
    if node.kind == enums.A_Expr_Kind.AEXPR_NULLIF:
        return type_of(node.lexpr, scope)
    if node.kind != enums.A_Expr_Kind.AEXPR_OP or name in _COMPARISONS:
        return "bool"
    if name in _TEXT_OPERATORS:
        return "text"
    left = type_of(node.lexpr, scope) if node.lexpr is not None else None
    right = type_of(node.rexpr, scope)
    if name == "||":
        return next((t for t in (left, right) if t and t.endswith("[]")), "text")
    if name in ("+", "-", "*", "/", "%"):
        return _arithmetic(name, left, right)
    return None


def _arithmetic(name: str, left: str | None, right: str | None) -> str | None:
    moments = ("timestamptz", "timestamp", "date")
    if left in moments and right in moments:
        return "int4" if left == right == "date" else "interval"
    for moment, other in ((left, right), (right, left)):
        if moment in ("timestamptz", "timestamp"):
            return moment
        if moment == "date":
            return "timestamp" if other in ("interval", "time") else "date" if other else None
    if "interval" in (left, right):
        # a time of unknown kind plus an interval stays unknown
        return "interval" if None not in (left, right) or name in ("*", "/") else None
    return known((left, right))


def _field_type(node: Node, scope: Scope) -> str | None:
    names = strings(node.indirection)
    whole = type_of(node.arg, scope)
    if whole in scope.catalog.tables and len(names) == 1:
        return scope.catalog.tables[whole].columns.get(names[0])
    if isinstance(node.arg, ast.ColumnRef) and len(names) == 1:
        return scope.column((*strings(node.arg.fields), *names))
    return None


def _sublink_type(node: Node, scope: Scope) -> str | None:
    kinds = enums.SubLinkType
    if node.subLinkType not in (kinds.EXPR_SUBLINK, kinds.ARRAY_SUBLINK):
        return "bool"
    first = next(iter(scope.output(node.subselect).columns.values()), None)
    if node.subLinkType == kinds.ARRAY_SUBLINK:
        return f"{first}[]" if first and first != LITERAL else None
    return first
