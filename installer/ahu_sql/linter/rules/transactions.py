"""AHU301 to AHU303: an install is one transaction, and locks end with theirs."""

from __future__ import annotations

from collections.abc import Iterator

from pglast import enums

from ahu_sql.linter.catalog import Catalog
from ahu_sql.linter.findings import Finding
from ahu_sql.linter.script import Script
from ahu_sql.linter.tree import Node, ast, function_name, walk

_SESSION_LOCKS = frozenset(
    (
        "pg_advisory_lock",
        "pg_advisory_lock_shared",
        "pg_try_advisory_lock",
        "pg_try_advisory_lock_shared",
    )
)
_ALONE = {
    ast.VacuumStmt: "vacuum",
    ast.CreatedbStmt: "create database",
    ast.DropdbStmt: "drop database",
    ast.CreateTableSpaceStmt: "create tablespace",
    ast.AlterSystemStmt: "alter system",
}


def check(script: Script, _: Catalog) -> Iterator[Finding]:
    """Transaction control, statements that need a transaction of their own, session locks."""
    path = script.file.path
    for fragment in script.fragments:
        node = fragment.node
        if isinstance(node, ast.TransactionStmt):
            word = node.kind.name.removeprefix("TRANS_STMT_").lower().replace("_", " ")
            code, where = ("AHU302", fragment.block.name) if fragment.block else ("AHU301", path)
            hint = f"delete {word}: the caller's transaction is the only one"
            yield Finding(code, path, fragment.line(node), f"{word} in {where}", hint)
        elif fragment.block is None and (alone := _needs_no_transaction(node)):
            message = f"{alone} cannot run inside the install's one transaction"
            hint = f"leave {alone} to the operator, or use a form that runs in a transaction"
            yield Finding("AHU301", path, fragment.line(node), message, hint)
        for part, parents in walk(node):
            if isinstance(part, ast.FuncCall) and function_name(part) in _SESSION_LOCKS:
                name = function_name(part)
                hint = f"write {name.replace('advisory_lock', 'advisory_xact_lock')}"
                line = fragment.line(part, parents)
                yield Finding("AHU303", path, line, f"{name} takes a session lock", hint)
    for block in script.blocks:
        for line, word in block.pl.transactions if block.pl else ():
            hint = f"delete {word}: do all work in the caller's one transaction"
            place = block.body_line + line - 1
            yield Finding("AHU302", path, place, f"{word} in {block.name}", hint)


def _needs_no_transaction(node: Node) -> str | None:
    """What a statement is called that PostgreSQL refuses inside a transaction."""
    if isinstance(node, ast.VacuumStmt):
        return "vacuum" if node.is_vacuumcmd else None
    if isinstance(node, ast.IndexStmt | ast.DropStmt) and node.concurrent:
        return "index concurrently"
    if isinstance(node, ast.ReindexStmt):
        names = {param.defname for param in node.params or ()}
        whole = node.kind in (
            enums.ReindexObjectType.REINDEX_OBJECT_DATABASE,
            enums.ReindexObjectType.REINDEX_OBJECT_SYSTEM,
        )
        return "reindex" if whole or "concurrently" in names else None
    return _ALONE.get(type(node))
