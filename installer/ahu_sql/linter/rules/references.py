"""AHU102 to AHU105: what stored code names, it names with its schema."""

from __future__ import annotations

from collections.abc import Iterator

from ahu_sql.linter.catalog import Catalog
from ahu_sql.linter.findings import Finding
from ahu_sql.linter.script import Fragment, Script
from ahu_sql.linter.tree import Node, ast, flatten, strings, table_name, walk

SCHEMAS = ("ahu", "_ahu")
_VIEWS = (ast.ViewStmt, ast.CreateTableAsStmt)
_QUALIFY = "write its schema: ahu. for what is promised, _ahu. for what is private"


def check(script: Script, catalog: Catalog) -> Iterator[Finding]:
    """References without a schema, objects outside ours, and temporary tables."""
    path = script.file.path
    for fragment in script.fragments:
        for code, node, parents, message, hint in (
            *_temporary(fragment.node),
            *_created(fragment),
            *(_references(fragment.node, catalog) if _is_stored(fragment) else ()),
        ):
            yield Finding(code, path, fragment.line(node, parents), message, hint)


Found = tuple[str, Node, tuple[Node, ...], str, str]


def _is_stored(fragment: Fragment) -> bool:
    if fragment.block is not None:
        return fragment.block.is_routine
    return isinstance(fragment.node, _VIEWS)


def _temporary(root: Node) -> Iterator[Found]:
    for node, parents in walk(root):
        if isinstance(node, ast.RangeVar) and (
            node.relpersistence == "t" or node.schemaname == "pg_temp"
        ):
            hint = "use a WITH query, an array or a table of _ahu"
            message = f"{table_name(node)} is a temporary table"
            yield "AHU105", node, parents, message, hint


def _created(fragment: Fragment) -> Iterator[Found]:
    """Objects that a statement creates outside ahu and _ahu, or wherever search_path points."""
    node = fragment.node
    if fragment.block is not None and fragment.block.is_routine:
        return
    ours: tuple[str, ...] = ()
    match node:
        case ast.CreateStmt():
            ours = _parts(node.relation)
        case ast.CreateSeqStmt():
            ours = _parts(node.sequence)
        case ast.ViewStmt():
            ours = _parts(node.view)
        case ast.CreateTableAsStmt():
            ours = _parts(node.into.rel)
        case ast.CompositeTypeStmt():
            ours = _parts(node.typevar)
        case ast.CreateFunctionStmt():
            ours = strings(node.funcname)
        case ast.CreateEnumStmt() | ast.CreateRangeStmt():
            ours = strings(node.typeName)
        case ast.CreateDomainStmt():
            ours = strings(node.domainname)
        case ast.IndexStmt() | ast.CreateTrigStmt() | ast.AlterTableStmt():
            if not node.relation.schemaname:
                message = f"{table_name(node.relation)} is named without its schema"
                yield "AHU102", node.relation, (), message, _QUALIFY
            if isinstance(node, ast.CreateTrigStmt) and len(strings(node.funcname)) == 1:
                message = f"{strings(node.funcname)[0]} is named without its schema"
                yield "AHU103", node, (), message, _QUALIFY
    if ours and (len(ours) == 1 or ours[0] not in (*SCHEMAS, "pg_temp")):
        message = f"{'.'.join(ours)} is created outside the schemas ahu and _ahu"
        yield "AHU104", node, (), message, _QUALIFY


def _parts(relation: Node) -> tuple[str, ...]:
    if relation.relpersistence == "t":
        return ()
    return tuple(part for part in (relation.schemaname, relation.relname) if part)


def _references(root: Node, catalog: Catalog) -> Iterator[Found]:
    for node, parents in walk(root):
        if isinstance(node, ast.RangeVar):
            if _needs_schema(node, parents, catalog):
                message = f"{node.relname} is named without its schema"
                yield "AHU102", node, parents, message, _QUALIFY
        elif isinstance(node, ast.FuncCall):
            names = strings(node.funcname)
            if len(names) == 1 and names[0] in catalog.own_functions:
                hint = f"write {catalog.own_functions[names[0]]}(…)"
                message = f"{names[0]}() is called without its schema"
                yield "AHU103", node, parents, message, hint
        elif isinstance(node, ast.TypeName):
            names = strings(node.names)
            if len(names) == 1 and names[0] in catalog.own_types:
                hint = f"write {catalog.own_types[names[0]]}"
                message = f"type {names[0]} is named without its schema"
                yield "AHU103", node, parents, message, hint


def _needs_schema(node: Node, parents: tuple[Node, ...], catalog: Catalog) -> bool:
    name = node.relname
    if node.schemaname or node.relpersistence == "t" or name.startswith("pg_"):
        return False
    if name in catalog.transition_tables:
        return False
    if parents and isinstance(parents[-1], ast.LockingClause):
        return False  # `for update of x` names an alias
    readable = not (parents and _writes(parents[-1], node))
    return not (readable and any(name in _queries(parent, parents) for parent in parents))


def _writes(statement: Node, relation: Node) -> bool:
    """Whether a table is a statement's target, which no WITH query can be."""
    kinds = (ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt)
    return isinstance(statement, kinds) and statement.relation is relation


def _queries(statement: Node, parents: tuple[Node, ...]) -> set[str]:
    """The WITH queries of a statement that a node below it can see."""
    clause = getattr(statement, "withClause", None)
    if clause is None:
        return set()
    visible = set()
    for cte in flatten(clause.ctes):
        inside = any(parent is cte for parent in parents)
        if inside and not clause.recursive:
            break  # a query sees those before it
        visible.add(cte.ctename)
    return visible
