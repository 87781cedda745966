"""Small questions to pglast's syntax trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pglast.ast
from pglast import enums

# In pglast's stubs every child may be None or any node; what a tree holds is known at run time.
Node = Any
ast: Any = pglast.ast
parse: Callable[[str], Any] = pglast.parse_sql

OUT_MODES = frozenset(
    (
        enums.FunctionParameterMode.FUNC_PARAM_OUT,
        enums.FunctionParameterMode.FUNC_PARAM_INOUT,
        enums.FunctionParameterMode.FUNC_PARAM_TABLE,
    )
)


def children(node: Node) -> Iterator[Node]:
    """The nodes right below a node; a routine's parsed body is not one of them."""
    for name in node:
        if name != "sql_body":
            yield from flatten(getattr(node, name))


def flatten(value: Any) -> Iterator[Node]:
    """The nodes in an attribute's value, which may be a node, nested tuples or a plain value."""
    if isinstance(value, ast.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from flatten(item)


def walk(node: Node, parents: tuple[Node, ...] = ()) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Every node of a tree with its parents, outermost first."""
    yield node, parents
    for child in children(node):
        yield from walk(child, (*parents, node))


def nodes_of(root: Node, *kinds: type) -> Iterator[Node]:
    """Every node of the given kinds in a tree."""
    for node, _ in walk(root):
        if isinstance(node, kinds):
            yield node


def location(node: Node, parents: tuple[Node, ...] = ()) -> int | None:
    """The offset of a node in its text, or of the nearest parent that has one."""
    for candidate in (node, *reversed(parents)):
        found = getattr(candidate, "location", None)
        if isinstance(found, int) and found >= 0:
            return found
    return None


def strings(value: Any) -> tuple[str, ...]:
    """The texts of a list of String nodes, such as the parts of a qualified name."""
    return tuple(node.sval for node in value or () if isinstance(node, ast.String))


def constant(node: Node) -> str | None:
    """The text of a string constant."""
    if isinstance(node, ast.A_Const) and isinstance(node.val, ast.String):
        return str(node.val.sval)
    return None


def function_name(call: Node) -> str:
    """A called function's name without its schema."""
    return strings(call.funcname)[-1]


def operator(node: Node) -> str:
    """An operator's name without its schema."""
    names = strings(node.name)
    return names[-1] if names else ""


def table_name(relation: Node) -> str:
    """A table as it is written: `ahu.settings` or `settings`."""
    return ".".join(part for part in (relation.schemaname, relation.relname) if part)


def type_name(node: Node) -> str | None:
    """A type as the linter writes it: `timestamptz`, `date[]`, `ahu.mood`; None for `x%type`."""
    names = strings(node.names)
    if node.pct_type or not names:
        return None
    if names[0] == "pg_catalog":
        names = names[1:]
    return ".".join(names) + ("[]" if node.arrayBounds else "")


def output_name(target: Node) -> str | None:
    """The column name that a select's target gets; None for a star."""
    return target.name or _figure_name(target.val)


def _figure_name(node: Node) -> str | None:
    """PostgreSQL's own rule for a column without an alias (FigureColname)."""
    if isinstance(node, ast.ColumnRef):
        return strings(node.fields)[-1] if isinstance(node.fields[-1], ast.String) else None
    if isinstance(node, ast.A_Indirection):
        names = strings(node.indirection)
        starred = any(isinstance(part, ast.A_Star) for part in node.indirection)
        return None if starred else names[-1] if names else _figure_name(node.arg)
    if isinstance(node, ast.FuncCall):
        return function_name(node)
    if isinstance(node, ast.TypeCast):
        inner = _figure_name(node.arg)
        return strings(node.typeName.names)[-1] if inner in (None, "?column?") else inner
    if isinstance(node, ast.CollateClause):
        return _figure_name(node.arg)
    if isinstance(node, ast.SubLink) and (
        node.subLinkType == enums.SubLinkType.EXPR_SUBLINK and node.subselect.targetList
    ):
        return output_name(node.subselect.targetList[0])
    for kind, name in ((ast.CoalesceExpr, "coalesce"), (ast.CaseExpr, "case")):
        if isinstance(node, kind):
            return name
    return "?column?"


def leftmost(select: Node) -> Node:
    """The select that names the columns of a set operation."""
    while getattr(select, "larg", None) is not None:
        select = select.larg
    return select
