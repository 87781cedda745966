"""AHU201 to AHU205: a file holds one object, whole: create, comment, revoke, grant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pglast import enums

from ahu_sql.linter.catalog import Catalog
from ahu_sql.linter.findings import Finding
from ahu_sql.linter.script import Fragment, Script
from ahu_sql.linter.tree import Node, ast, flatten, leftmost, output_name, strings, table_name

MIXED_ROOMS = ("00_preconditions", "40_migrations", "90_finish")

_KINDS = enums.ObjectType
_SECONDARY = ("sequence", "type", "extension")
_REVOKED = {
    "table": "on",
    "view": "on",
    "materialized view": "on",
    "schema": "on schema",
    "function": "on function",
    "procedure": "on procedure",
}
_COMMENTED = {
    _KINDS.OBJECT_MATVIEW: "materialized view",
    **{
        getattr(_KINDS, f"OBJECT_{kind}"): kind.lower()
        for kind in ("SCHEMA", "ROLE", "TABLE", "VIEW", "FUNCTION", "PROCEDURE", "SEQUENCE")
    },
}


@dataclass(frozen=True)
class Created:
    """An object that a file creates, or a table that it adds columns to (kind `columns`)."""

    kind: str
    name: str
    columns: tuple[str, ...]
    line: int


def check(script: Script, _: Catalog) -> Iterator[Finding]:
    """Missing comments and revokes, and files that hold another number of objects than one."""
    if any(finding.code == "AHU001" for finding in script.findings):
        return
    created = [found for fragment in script.executed for found in _created(fragment)]
    commented = {name for fragment in script.executed for name in _comments(fragment.node)}
    revoked = {name for fragment in script.executed for name in _revokes(fragment.node)}
    path = script.file.path
    for item in created:
        if item.kind in _COMMENTED.values() and (item.kind, item.name) not in commented:
            hint = f"add: comment on {item.kind} {item.name} is '…';"
            yield Finding(
                "AHU201", path, item.line, f"{item.kind} {item.name} has no comment", hint
            )
        # A migration's columns are in the file of their table too, and commented there.
        for column in item.columns if script.file.room != "40_migrations" else ():
            if ("column", f"{item.name}.{column}") not in commented:
                name = f"{item.name}.{column}"
                hint = f"add: comment on column {name} is '…';"
                yield Finding("AHU202", path, item.line, f"column {name} has no comment", hint)
        if item.kind in _REVOKED and not _is_revoked(item, revoked):
            hint = f"add: revoke all {_REVOKED[item.kind]} {item.name} from public;"
            message = f"{item.kind} {item.name} is not revoked from public"
            yield Finding("AHU203", path, item.line, message, hint)
    if script.file.room not in MIXED_ROOMS:
        yield from _one_object(path, created)


def _one_object(path: str, created: list[Created]) -> Iterator[Finding]:
    objects = [item for item in created if item.kind != "columns"]
    main = [item for item in objects if item.kind not in _SECONDARY] or objects
    names = list(dict.fromkeys((item.kind, item.name) for item in main))
    base = PurePosixPath(path).stem
    if not names:
        hint = f"create {base} here, or move the statements to the file of their object"
        yield Finding("AHU204", path, 1, "the file creates no object", hint)
    elif len(names) > 1:
        extra = next(item for item in main if (item.kind, item.name) != names[0])
        hint = f"move it to {extra.name.split('.')[-1]}.sql"
        message = f"{extra.kind} {extra.name} is a second object in the file"
        yield Finding("AHU204", path, extra.line, message, hint)
    elif (name := names[0][1].split(".")[-1]) != base:
        hint = f"rename the file to {name}.sql"
        message = f"{names[0][0]} {names[0][1]} stands in a file called {base}"
        yield Finding("AHU205", path, main[0].line, message, hint)


def _created(fragment: Fragment) -> Iterator[Created]:
    node = fragment.node
    line = fragment.line(node)
    match node:
        case ast.CreateSchemaStmt():
            yield Created("schema", node.schemaname or "", (), line)
        case ast.CreateRoleStmt():
            yield Created("role", node.role, (), line)
        case ast.CreateStmt():
            if node.relation.relpersistence != "t":
                columns = _columns(node.tableElts or ())
                yield Created("table", table_name(node.relation), columns, line)
        case ast.AlterTableStmt():
            columns = _columns(command.def_ for command in node.cmds)
            yield Created("columns", table_name(node.relation), columns, line)
        case ast.ViewStmt():
            columns = strings(node.aliases) or _outputs(node.query)
            yield Created("view", table_name(node.view), columns, line)
        case ast.CreateTableAsStmt():
            kind = "materialized view" if node.objtype == _KINDS.OBJECT_MATVIEW else "table"
            columns = _outputs(node.query) if kind == "table" else ()
            yield Created(kind, table_name(node.into.rel), columns, line)
        case ast.CreateFunctionStmt():
            kind = "procedure" if node.is_procedure else "function"
            yield Created(kind, ".".join(strings(node.funcname)), (), line)
        case ast.CreateSeqStmt():
            yield Created("sequence", table_name(node.sequence), (), line)
        case ast.CreateEnumStmt():
            yield Created("type", ".".join(strings(node.typeName)), (), line)
        case ast.CompositeTypeStmt():
            yield Created("type", table_name(node.typevar), (), line)
        case ast.CreateDomainStmt():
            yield Created("type", ".".join(strings(node.domainname)), (), line)
        case ast.CreateExtensionStmt():
            yield Created("extension", node.extname, (), line)


def _columns(elements: Iterator[Node] | tuple[Node, ...]) -> tuple[str, ...]:
    return tuple(
        element.colname
        for element in elements
        if isinstance(element, ast.ColumnDef) and element.colname and element.typeName
    )


def _outputs(query: Node) -> tuple[str, ...]:
    """A query's column names; none where a star or VALUES hides them."""
    names = [output_name(target) for target in leftmost(query).targetList or ()]
    return tuple(name for name in names if name) if None not in names else ()


def _comments(node: Node) -> Iterator[tuple[str, str]]:
    if not isinstance(node, ast.CommentStmt) or not node.comment:
        return
    if node.objtype == _KINDS.OBJECT_COLUMN:
        yield "column", ".".join(strings(node.object))
    elif node.objtype in (_KINDS.OBJECT_ROUTINE, *_COMMENTED):
        name = _object_name(node.object)
        if node.objtype == _KINDS.OBJECT_ROUTINE:
            yield "function", name
            yield "procedure", name
        else:
            yield _COMMENTED[node.objtype], name


def _revokes(node: Node) -> Iterator[tuple[str, str]]:
    """What a REVOKE … FROM PUBLIC takes back: the kind of its objects, and their names."""
    if not isinstance(node, ast.GrantStmt) or node.is_grant:
        return
    public = enums.RoleSpecType.ROLESPEC_PUBLIC
    if not any(role.roletype == public for role in node.grantees):
        return
    privileges = {privilege.priv_name for privilege in node.privileges or ()}
    routine = node.objtype in (
        _KINDS.OBJECT_FUNCTION,
        _KINDS.OBJECT_PROCEDURE,
        _KINDS.OBJECT_ROUTINE,
    )
    if privileges - ({"execute"} if routine else set()):
        return
    kind = "routine" if routine else _COMMENTED.get(node.objtype, "")
    whole_schema = node.targtype == enums.GrantTargetType.ACL_TARGET_ALL_IN_SCHEMA
    for item in node.objects or ():
        yield kind, _object_name(item) + (".*" if whole_schema else "")


def _is_revoked(item: Created, revoked: set[tuple[str, str]]) -> bool:
    kind = {"function": "routine", "procedure": "routine", "schema": "schema"}
    schema = item.name.rpartition(".")[0]
    wanted = kind.get(item.kind, "table")
    return (wanted, item.name) in revoked or (wanted, f"{schema}.*") in revoked


def _object_name(node: Node) -> str:
    """The qualified name of whatever a COMMENT or REVOKE names."""
    if isinstance(node, ast.RangeVar):
        return table_name(node)
    if isinstance(node, ast.ObjectWithArgs):
        return ".".join(strings(node.objname))
    return ".".join(part.sval for part in flatten(node) if isinstance(part, ast.String))
