"""AHU010 to AHU012: every statement of a file can be run twice."""

from __future__ import annotations

from collections.abc import Iterator

from pglast import enums

from ahu_sql.linter.catalog import Catalog
from ahu_sql.linter.findings import Finding
from ahu_sql.linter.script import Fragment, Script
from ahu_sql.linter.tree import Node, ast, nodes_of, strings, table_name

RUN_ONCE = "40_migrations"

_IF_NOT_EXISTS = (
    ast.CreateSchemaStmt,
    ast.CreateStmt,
    ast.CreateForeignTableStmt,
    ast.CreateSeqStmt,
    ast.CreateTableAsStmt,
    ast.CreateExtensionStmt,
    ast.CreateStatsStmt,
    ast.CreateForeignServerStmt,
    ast.CreateUserMappingStmt,
    ast.IndexStmt,
)
_OR_REPLACE = (ast.ViewStmt, ast.CreateFunctionStmt, ast.RuleStmt)
_IF_EXISTS = (ast.DropStmt, ast.DropRoleStmt, ast.DropUserMappingStmt)
_NEEDS_GUARD = {
    ast.CreateRoleStmt: "create role",
    ast.CreateEnumStmt: "create type",
    ast.CompositeTypeStmt: "create type",
    ast.CreateRangeStmt: "create type",
    ast.CreateDomainStmt: "create domain",
    ast.CreatePolicyStmt: "create policy",
    ast.CreateEventTrigStmt: "create event trigger",
    ast.CreateCastStmt: "create cast",
    ast.CreateFdwStmt: "create foreign data wrapper",
    ast.CreatePublicationStmt: "create publication",
}
_GUARD_HINT = "wrap it: do $$ begin if not exists (select from …) then … end if; end $$;"


def check(script: Script, _: Catalog) -> Iterator[Finding]:
    """Statements that fail, or do their work again, when the file runs a second time."""
    if script.file.room == RUN_ONCE:
        return
    for fragment in script.executed:
        if fragment.guarded:
            continue
        for code, node, message, hint in _refused(fragment):
            yield Finding(code, script.file.path, fragment.line(node), message, hint)


def _refused(fragment: Fragment) -> Iterator[tuple[str, Node, str, str]]:
    node = fragment.node
    if isinstance(node, _IF_NOT_EXISTS) and not node.if_not_exists:
        yield "AHU010", node, f"{_named(node)} fails when it exists", "add if not exists"
    elif isinstance(node, _OR_REPLACE) and not node.replace:
        yield "AHU010", node, f"{_named(node)} fails when it exists", "write create or replace"
    elif isinstance(node, ast.CreateTrigStmt) and not node.replace:
        if node.isconstraint:
            yield "AHU011", node, f"{_named(node)} fails when it exists", _GUARD_HINT
        else:
            hint = "write create or replace trigger"
            yield "AHU010", node, f"{_named(node)} fails when it exists", hint
    elif isinstance(node, ast.DefineStmt) and not (node.replace or node.if_not_exists):
        yield "AHU011", node, f"create {'.'.join(strings(node.defnames))} has no guard", _GUARD_HINT
    elif isinstance(node, _IF_EXISTS) and not node.missing_ok:
        yield "AHU010", node, "drop fails when there is nothing to drop", "add if exists"
    elif type(node) in _NEEDS_GUARD:
        yield "AHU011", node, f"{_NEEDS_GUARD[type(node)]} fails when it exists", _GUARD_HINT
    elif isinstance(node, ast.RenameStmt | ast.AlterObjectSchemaStmt) and not node.missing_ok:
        yield "AHU011", node, "a rename or move fails the second time", _GUARD_HINT
    elif isinstance(node, ast.AlterEnumStmt) and not node.skipIfNewValExists:
        hint = _GUARD_HINT if node.oldVal else "write add value if not exists"
        yield "AHU011", node, f"alter type {'.'.join(strings(node.typeName))} has no guard", hint
    elif isinstance(node, ast.AlterTableStmt):
        yield from _alter_table(node)
    for insert in nodes_of(node, ast.InsertStmt):
        if insert.onConflictClause is None and not _has_exists(insert):
            hint = "add on conflict (…) do nothing, or where not exists (…)"
            message = f"insert into {table_name(insert.relation)} adds its rows again at every run"
            yield "AHU012", insert.relation, message, hint


def _alter_table(node: Node) -> Iterator[tuple[str, Node, str, str]]:
    kinds = enums.AlterTableType
    table = table_name(node.relation)
    for command in node.cmds:
        what = f"of {table}"
        if command.subtype == kinds.AT_AddColumn and not command.missing_ok:
            message = f"add column {command.def_.colname} {what} fails when it exists"
            yield "AHU010", node.relation, message, "write add column if not exists"
        elif command.subtype == kinds.AT_DropColumn and not command.missing_ok:
            message = f"drop column {command.name} {what} fails the second time"
            yield "AHU010", node.relation, message, "write drop column if exists"
        elif command.subtype == kinds.AT_DropConstraint and not command.missing_ok:
            message = f"drop constraint {command.name} {what} fails the second time"
            yield "AHU010", node.relation, message, "write drop constraint if exists"
        elif command.subtype == kinds.AT_AddConstraint:
            message = f"add constraint {what} fails when it exists"
            yield "AHU011", node.relation, message, _GUARD_HINT
        elif command.subtype in (kinds.AT_AttachPartition, kinds.AT_DetachPartition):
            yield "AHU011", node.relation, f"attach or detach {what} has no guard", _GUARD_HINT


def _has_exists(insert: Node) -> bool:
    """Whether an insert looks first: `where not exists (…)`, or `except`."""
    select = insert.selectStmt
    if select is None:
        return False
    if select.op == enums.SetOperation.SETOP_EXCEPT:
        return True
    return any(
        link.subLinkType in (enums.SubLinkType.EXISTS_SUBLINK, enums.SubLinkType.ANY_SUBLINK)
        for link in (nodes_of(select.whereClause, ast.SubLink) if select.whereClause else ())
    )


def _named(node: Node) -> str:
    """A statement as messages call it."""
    match node:
        case ast.CreateSchemaStmt():
            return f"create schema {node.schemaname}"
        case ast.CreateStmt() | ast.CreateForeignTableStmt():
            base = getattr(node, "base", None) or node
            return f"create table {table_name(base.relation)}"
        case ast.CreateSeqStmt():
            return f"create sequence {table_name(node.sequence)}"
        case ast.CreateTableAsStmt():
            return f"create {table_name(node.into.rel)}"
        case ast.IndexStmt():
            return f"create index {node.idxname or 'without a name'}"
        case ast.ViewStmt():
            return f"create view {table_name(node.view)}"
        case ast.CreateFunctionStmt():
            kind = "procedure" if node.is_procedure else "function"
            return f"create {kind} {'.'.join(strings(node.funcname))}"
        case ast.CreateTrigStmt():
            return f"create trigger {node.trigname}"
        case ast.CreateExtensionStmt():
            return f"create extension {node.extname}"
    return "a create statement"
