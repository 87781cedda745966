"""AHU101, AHU106, AHU107: how functions and procedures are declared, and what they execute."""

from __future__ import annotations

from collections.abc import Iterator

from ahu_sql.linter.catalog import Catalog
from ahu_sql.linter.findings import Finding
from ahu_sql.linter.plpgsql import Role
from ahu_sql.linter.script import Block, Fragment, Script
from ahu_sql.linter.tree import Node, ast, function_name, operator, output_name, strings, type_name

SEARCH_PATH = ("pg_catalog", "pg_temp")

_QUOTING = frozenset(("format", "quote_ident", "quote_literal", "quote_nullable"))
_PASSING = frozenset(("string_agg", "coalesce", "concat", "concat_ws", "rtrim", "btrim", "max"))
_QUOTED_TYPES = frozenset(("regclass", "regprocedure", "regtype", "regrole", "regnamespace"))


def check(script: Script, _: Catalog) -> Iterator[Finding]:
    """The clauses of every routine, and the dynamic SQL of those with their owner's rights."""
    path = script.file.path
    for block in script.blocks:
        if not block.is_routine:
            continue
        if block.settings.get("search_path") != SEARCH_PATH:
            hint = "add the line: set search_path = pg_catalog, pg_temp"
            message = f"{block.name} does not pin its search_path"
            yield Finding("AHU101", path, block.line, message, hint)
        if not block.security_definer:
            continue
        clause = script.statements[0].line(block.option("security"))
        if not _has_comment(["", *script.file.sql.splitlines()][clause - 1]):
            hint = "put the reason on the line above: -- security definer: callers may not …"
            message = f"{block.name} is security definer without a reason"
            yield Finding("AHU106", path, clause, message, hint)
        for fragment in block.fragments:
            if _is_dynamic(fragment) and not _is_safe(_value(fragment), block, frozenset()):
                hint = "build it with format('… %I … %L', …) and hand values over with using"
                message = f"{block.name} executes text that is not built by format()"
                line = fragment.line(_value(fragment))
                yield Finding("AHU107", path, line, message, hint)


def _has_comment(line: str) -> bool:
    text = line.strip()
    return text.startswith("--") and bool(text.strip("- "))


def _is_dynamic(fragment: Fragment) -> bool:
    """The expression of an EXECUTE; what a constant one would run is a fragment of its own."""
    return fragment.query is not None and fragment.query.role is Role.DYNAMIC


def _value(fragment: Fragment) -> Node:
    return fragment.node.targetList[0].val


def _is_safe(node: Node, block: Block, seen: frozenset[str]) -> bool:
    """Whether a text is made of constants and quoted parts alone."""
    match node:
        case ast.A_Const():
            return True
        case ast.FuncCall():
            name = function_name(node)
            if name in _QUOTING:
                return True
            return name in _PASSING and all(_is_safe(arg, block, seen) for arg in node.args or ())
        case ast.A_Expr():
            sides = (node.lexpr, node.rexpr)
            joined = operator(node) == "||"
            return joined and all(_is_safe(side, block, seen) for side in sides)
        case ast.CoalesceExpr():
            return all(_is_safe(argument, block, seen) for argument in node.args)
        case ast.CaseExpr():
            results = [when.result for when in node.args]
            results += [node.defresult] if node.defresult else []
            return all(_is_safe(result, block, seen) for result in results)
        case ast.TypeCast():
            quoted = type_name(node.typeName) in _QUOTED_TYPES
            return quoted or _is_safe(node.arg, block, seen)
        case ast.SubLink():
            targets = leading_targets(node.subselect)
            return bool(targets) and _is_safe(targets[0].val, block, seen)
        case ast.ColumnRef():
            return _is_safe_variable(strings(node.fields), block, seen)
    return False


def leading_targets(select: Node) -> tuple[Node, ...]:
    """The targets of a plain select; none for a set operation."""
    return tuple(getattr(select, "targetList", None) or ())


def _is_safe_variable(names: tuple[str, ...], block: Block, seen: frozenset[str]) -> bool:
    """Whether all that a variable, or a record's field, is ever given is safe."""
    name = ".".join(names)
    if name in seen:
        return True
    given: list[Node] = []
    for fragment in block.fragments:
        if fragment.assigns == name:
            given.append(_value(fragment))
        targets = fragment.query.targets if fragment.query else ()
        columns = leading_targets(fragment.node)
        if names[0] in targets and fragment.assigns is None:
            if len(names) > 1:
                columns = tuple(c for c in columns if output_name(c) == names[-1])
            else:
                columns = columns[targets.index(name) :][:1]
            if not columns:
                return False
            given.append(columns[0].val)
    return bool(given) and all(_is_safe(value, block, seen | {name}) for value in given)
