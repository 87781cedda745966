"""Which columns a piece of SQL can see, and of which types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pglast import enums

from ahu_sql.linter import inference
from ahu_sql.linter.catalog import Catalog, Relation
from ahu_sql.linter.script import Block, Script
from ahu_sql.linter.tree import (
    Node,
    ast,
    function_name,
    leftmost,
    output_name,
    strings,
    table_name,
    type_name,
)


@dataclass
class Scope:
    """The names a query sees: its FROM items, its WITH queries, then what surrounds it."""

    catalog: Catalog
    parent: Scope | None = None
    relations: dict[str, Relation] = field(default_factory=dict)
    ctes: dict[str, Relation] = field(default_factory=dict)
    variables: dict[str, str | None] = field(default_factory=dict)
    records: dict[str, Relation] = field(default_factory=dict)

    def column(self, names: tuple[str, ...]) -> str | None:
        """The type of `column`, `table.column` or a variable; None where it is not known."""
        if len(names) == 1:
            for relation in self.relations.values():
                if names[0] in relation.columns:
                    return relation.columns[names[0]]
            if names[0] in self.variables:
                return self.variables[names[0]]
        else:
            for place in (self.relations, self.records):
                if names[-2] in place:
                    return place[names[-2]].columns.get(names[-1])
        return self.parent.column(names) if self.parent else None

    def table(self, relation: Node) -> Relation:
        """A WITH query or a table of the linted files, else one of unknown columns."""
        if not relation.schemaname:
            scope: Scope | None = self
            while scope is not None:
                if relation.relname in scope.ctes:
                    return scope.ctes[relation.relname]
                scope = scope.parent
        return self.catalog.tables.get(table_name(relation), Relation())

    def output(self, query: Node) -> Relation:
        """The columns of a subquery that sees these names."""
        return output(query, self)


def block_scope(block: Block | None, catalog: Catalog) -> Scope:
    """What a body sees before any query: its parameters and variables."""
    scope = Scope(catalog)
    if block is None:
        return scope
    if block.is_routine:
        for number, parameter in enumerate(block.node.parameters or (), start=1):
            type_ = type_name(parameter.argType)
            scope.variables[f"${number}"] = type_
            if parameter.name:
                scope.variables[parameter.name] = type_
                scope.records[parameter.name] = catalog.tables.get(type_ or "", Relation())
        qualified = Relation(dict(scope.variables))
        scope.records.setdefault(strings(block.node.funcname)[-1], qualified)
    if block.pl is None:
        return scope
    for name, type_ in block.pl.variables.items():
        scope.variables[name] = _resolved(type_, catalog)
        if type_ in catalog.tables:
            scope.records[name] = catalog.tables[type_]
    for fragment in block.fragments:
        targets = fragment.query.targets if fragment.query else ()
        if len(targets) == 1 and targets[0] in block.pl.records - scope.records.keys():
            filled = output(fragment.node, scope)
            if filled.complete:
                scope.records[targets[0]] = filled
    return scope


def _resolved(type_: str, catalog: Catalog) -> str | None:
    """A declared type, with `schema.table.column%type` looked up."""
    if not type_.lower().endswith("%type"):
        return type_
    table, _, column = type_[: -len("%type")].rpartition(".")
    return catalog.tables.get(table, Relation()).columns.get(column)


def inner_scope(statement: Node, outer: Scope) -> Scope:
    """The scope of a SELECT, INSERT, UPDATE, DELETE or MERGE."""
    scope = Scope(outer.catalog, parent=outer)
    clause = statement.withClause
    for cte in clause.ctes if clause else ():
        if clause.recursive:
            scope.ctes[cte.ctename] = output(leftmost(cte.ctequery), scope)
        shape = output(cte.ctequery, scope)
        scope.ctes[cte.ctename] = _renamed(shape, strings(cte.aliascolnames))
    target = getattr(statement, "relation", None)
    if target is not None:
        _add(scope, target)
        if isinstance(statement, ast.InsertStmt):
            scope.relations["excluded"] = scope.table(target)
    if isinstance(statement, ast.MergeStmt):
        _add(scope, statement.sourceRelation)
    for name in ("fromClause", "usingClause"):
        for item in getattr(statement, name, None) or ():
            _add(scope, item)
    return scope


def _add(scope: Scope, item: Node) -> None:
    if isinstance(item, ast.JoinExpr):
        _add(scope, item.larg)
        _add(scope, item.rarg)
        return
    alias = getattr(item, "alias", None)
    columns = strings(alias.colnames) if alias else ()
    if isinstance(item, ast.RangeVar):
        name = alias.aliasname if alias else item.relname
        scope.relations[name] = _renamed(scope.table(item), columns)
    elif isinstance(item, ast.RangeSubselect):
        name = alias.aliasname if alias else ""
        scope.relations[name] = _renamed(output(item.subquery, scope), columns)
    elif isinstance(item, ast.RangeFunction):
        name = alias.aliasname if alias else ""
        scope.relations[name] = _renamed(_function_rows(item, scope, name), columns)


def _function_rows(item: Node, scope: Scope, alias: str) -> Relation:
    if item.coldeflist:
        return Relation({c.colname: type_name(c.typeName) for c in item.coldeflist}, True)
    shape = Relation(complete=True)
    for call, coldeflist in item.functions:
        if coldeflist:
            shape.columns |= {c.colname: type_name(c.typeName) for c in coldeflist}
        elif not isinstance(call, ast.FuncCall):
            shape.columns[alias or "?column?"] = inference.type_of(call, scope)
        elif (name := ".".join(strings(call.funcname))) in scope.catalog.rows:
            shape.columns |= scope.catalog.rows[name].columns
        elif (result := scope.catalog.results.get(name) or "") in scope.catalog.tables:
            shape.columns |= scope.catalog.tables[result].columns
        elif name in ("unnest", "pg_catalog.unnest"):
            for number, argument in enumerate(call.args):
                elements = inference.element(inference.type_of(argument, scope))
                shape.columns[f"{alias or 'unnest'}{number or ''}"] = elements
        else:
            key = alias or function_name(call)
            shape.columns[key] = inference.type_of(call, scope)
    if item.ordinality:
        shape.columns["ordinality"] = "int8"
    return shape


def _renamed(relation: Relation, names: tuple[str, ...]) -> Relation:
    """A relation under an alias's column names; those of an unknown relation stay unknown."""
    if not names:
        return relation
    types = list(relation.columns.values()) if relation.complete else []
    types += [None] * (len(names) - len(types))
    old = list(relation.columns)[len(names) :] if relation.complete else []
    return Relation(dict(zip((*names, *old), types, strict=False)), relation.complete)


def output(statement: Node, outer: Scope) -> Relation:
    """The columns that a query returns."""
    if not isinstance(
        statement,
        ast.SelectStmt | ast.InsertStmt | ast.UpdateStmt | ast.DeleteStmt | ast.MergeStmt,
    ):
        return Relation()
    scope = inner_scope(statement, outer)
    if isinstance(statement, ast.SelectStmt):
        if statement.op != enums.SetOperation.SETOP_NONE:
            return _united(output(statement.larg, scope), output(statement.rarg, scope))
        if statement.valuesLists:
            first = statement.valuesLists[0]
            types = [inference.type_of(value, scope) for value in first]
            return Relation({f"column{n}": t for n, t in enumerate(types, 1)}, True)
        targets = statement.targetList or ()
    else:
        # PostgreSQL 18 may return old and new values: what is listed is the same
        clause = getattr(statement, "returningClause", None)
        targets = getattr(clause, "exprs", None) or ()
    return _target_columns(targets, scope)


def _target_columns(targets: Iterable[Node], scope: Scope) -> Relation:
    shape = Relation(complete=True)
    for target in targets:
        name = output_name(target)
        if name is not None:
            key = name if name not in shape.columns else f"{name} {len(shape.columns)}"
            shape.columns[key] = inference.type_of(target.val, scope)
            continue
        qualifier = strings(getattr(target.val, "fields", ()))
        for alias, relation in scope.relations.items():
            if not qualifier or alias == qualifier[-1]:
                shape.columns |= relation.columns
                shape.complete = shape.complete and relation.complete
    return shape


def _united(left: Relation, right: Relation) -> Relation:
    """The columns of a set operation: the left side's names, whichever type is known."""
    others = [*right.columns.values(), *([None] * len(left.columns))]
    pairs = zip(left.columns.items(), others, strict=False)
    known = {
        name: other if type_ in (None, inference.LITERAL) else type_
        for (name, type_), other in pairs
    }
    return Relation(known, left.complete and right.complete)


def add_views(scripts: Iterable[Script], catalog: Catalog) -> None:
    """Give every view and materialized view its columns, in the order the files are built."""
    scope = Scope(catalog)
    for script in scripts:
        for fragment in script.executed:
            node = fragment.node
            if isinstance(node, ast.ViewStmt):
                shape = _renamed(output(node.query, scope), strings(node.aliases))
                catalog.tables[table_name(node.view)] = shape
            elif isinstance(node, ast.CreateTableAsStmt):
                shape = _renamed(output(node.query, scope), strings(node.into.colNames))
                catalog.tables[table_name(node.into.rel)] = shape
