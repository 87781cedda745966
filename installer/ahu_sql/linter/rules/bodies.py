"""AHU108 and AHU109: stored code names its columns, and its errors say what to do."""

from __future__ import annotations

from collections.abc import Iterator

from ahu_sql.linter.catalog import Catalog
from ahu_sql.linter.findings import Finding
from ahu_sql.linter.script import Fragment, Script
from ahu_sql.linter.tree import Node, ast, nodes_of, strings, walk


def check(script: Script, _: Catalog) -> Iterator[Finding]:
    """`select *` in views and routines, and errors without a HINT anywhere."""
    path = script.file.path
    for fragment in script.fragments:
        if not _is_stored(fragment):
            continue
        for node, parents in walk(fragment.node):
            if (
                isinstance(node, ast.ResTarget)
                and any(nodes_of_star(node))
                and not _returns_rows_of_a_table(fragment, parents)
            ):
                where = fragment.block.name if fragment.block else "the view"
                hint = "name the columns; to count or to test, count(*) and exists (select from …)"
                line = fragment.line(node, parents)
                yield Finding("AHU108", path, line, f"select * in {where}", hint)
    for block in script.blocks:
        for error in block.pl.raises if block.pl else ():
            if not error.bare and not error.has_hint:
                hint = "add: using hint = 'what to type', errcode = '…'"
                message = f"an error of {block.name} has no hint"
                yield Finding("AHU109", path, block.body_line + error.line - 1, message, hint)


def _is_stored(fragment: Fragment) -> bool:
    if fragment.block is not None:
        return fragment.block.is_routine
    return isinstance(fragment.node, ast.ViewStmt | ast.CreateTableAsStmt)


def _returns_rows_of_a_table(fragment: Fragment, parents: tuple[Node, ...]) -> bool:
    """Whether the star stands outermost in a function that `returns setof schema.table`.

    Such a function has the table's columns of the day it runs as its result, whatever they are.
    """
    result = fragment.block.node.returnType if fragment.block else None
    if result is None or not result.setof or len(result.names) < 2:
        return False
    outer = sum(isinstance(parent, ast.SelectStmt) for parent in parents)
    return strings(result.names)[0] != "pg_catalog" and outer == 1


def nodes_of_star(target: ast.ResTarget) -> Iterator[ast.A_Star]:
    """The star of `*`, `x.*` or `(f()).*` as a whole output column."""
    value = target.val
    if isinstance(value, ast.ColumnRef | ast.A_Indirection):
        parts = value.fields if isinstance(value, ast.ColumnRef) else value.indirection
        for part in parts or ():
            yield from nodes_of(part, ast.A_Star)
