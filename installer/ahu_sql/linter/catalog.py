"""What the linted files create, with the types that can be known from their text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pglast import enums

from ahu_sql.linter.script import Script
from ahu_sql.linter.tree import OUT_MODES, Node, ast, nodes_of, strings, table_name, type_name

TRANSITION_TABLES = frozenset(("new_rows", "old_rows", "new_table", "old_table"))


@dataclass
class Relation:
    """Columns with their types; complete where no other column can exist."""

    columns: dict[str, str | None] = field(default_factory=dict)
    complete: bool = False


@dataclass
class Catalog:
    """Everything that the files create.

    tables: by `schema.name`; views get their columns in `scopes.add_views`.
    results: a function's type, None where it has several columns or is not known.
    rows: the columns of functions that return several.
    """

    tables: dict[str, Relation] = field(default_factory=dict)
    results: dict[str, str | None] = field(default_factory=dict)
    rows: dict[str, Relation] = field(default_factory=dict)
    own_functions: dict[str, str] = field(default_factory=dict)
    own_types: dict[str, str] = field(default_factory=dict)
    transition_tables: set[str] = field(default_factory=lambda: set(TRANSITION_TABLES))


def read_catalog(scripts: Iterable[Script]) -> Catalog:
    """What the files create, views excepted."""
    catalog = Catalog()
    for script in scripts:
        for fragment in script.executed:
            node = fragment.node
            if isinstance(node, ast.CreateStmt):
                _add_table(catalog, node)
            elif isinstance(node, ast.AlterTableStmt):
                _add_columns(catalog, node)
            elif isinstance(node, ast.CreateFunctionStmt):
                _add_routine(catalog, node)
            elif isinstance(node, ast.CreateEnumStmt | ast.CreateDomainStmt):
                parts = node.typeName if isinstance(node, ast.CreateEnumStmt) else node.domainname
                names = strings(parts)
                catalog.own_types[names[-1]] = ".".join(names)
            elif isinstance(node, ast.CompositeTypeStmt):
                catalog.own_types[node.typevar.relname] = table_name(node.typevar)
            elif isinstance(node, ast.CreateTrigStmt):
                catalog.transition_tables |= {rel.name for rel in node.transitionRels or ()}
    return catalog


def _add_table(catalog: Catalog, node: Node) -> None:
    elements = node.tableElts or ()
    columns = [element for element in elements if isinstance(element, ast.ColumnDef)]
    copies = any(isinstance(element, ast.TableLikeClause) for element in elements)
    catalog.tables[table_name(node.relation)] = Relation(
        {column.colname: type_name(column.typeName) for column in columns},
        complete=not (copies or node.inhRelations or node.ofTypename),
    )


def _add_columns(catalog: Catalog, node: Node) -> None:
    relation = catalog.tables.get(table_name(node.relation))
    for column in nodes_of(node, ast.ColumnDef):
        if relation is not None and column.colname and column.typeName:
            relation.columns.setdefault(column.colname, type_name(column.typeName))


def _add_routine(catalog: Catalog, node: Node) -> None:
    names = strings(node.funcname)
    name = ".".join(names)
    if names[0] in ("ahu", "_ahu"):
        catalog.own_functions[names[-1]] = name
    columns = [part for part in node.parameters or () if part.mode in OUT_MODES]
    if columns:
        shape = {column.name or "": type_name(column.argType) for column in columns}
        catalog.rows[name] = Relation(shape, complete=True)
        one = len(columns) == 1
        tabular = columns[0].mode == enums.FunctionParameterMode.FUNC_PARAM_TABLE
        catalog.results[name] = type_name(columns[0].argType) if one and not tabular else None
    elif node.returnType is not None:
        result = type_name(node.returnType)
        if name in catalog.results and catalog.results[name] != result:
            result = None
        catalog.results[name] = result
