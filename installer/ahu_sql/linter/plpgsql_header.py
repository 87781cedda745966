"""Makes a PL/pgSQL routine readable for pglast, which knows no catalog.

pglast refuses types of other schemas than pg_catalog, takes a row variable for a scalar, and
rejects VARIADIC. A stand-in with the same body, and `record` in those places, parses.
Lines stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import pglast
from pglast import enums

from ahu_sql.linter.tree import Node, ast, strings

_MODES = {
    enums.FunctionParameterMode.FUNC_PARAM_OUT: "out ",
    enums.FunctionParameterMode.FUNC_PARAM_INOUT: "inout ",
}


@dataclass(frozen=True)
class StandIn:
    """A statement that pglast's PL/pgSQL parser reads, and the types that had to be hidden.

    declared: variable to the type that stands in the original, such as `ahu.settings`.
    """

    sql: str
    declared: dict[str, str]


def stand_in(statement: Node, body: str) -> StandIn:
    """The stand-in of a CREATE FUNCTION, CREATE PROCEDURE or DO statement."""
    text, declared = _plain_declarations(body)
    tag = "ahu"
    while f"${tag}$" in text:
        tag += "_"
    quoted = f"${tag}${text}${tag}$"
    if isinstance(statement, ast.DoStmt):
        return StandIn(f"do {quoted}", declared)
    return StandIn(f"{_signature(statement)} language plpgsql as {quoted}", declared)


def _signature(statement: Node) -> str:
    modes = enums.FunctionParameterMode
    columns = []
    arguments = []
    for parameter in statement.parameters or ():
        name = _quoted(parameter.name) + " " if parameter.name else ""
        column = name + _plain_type(parameter.argType)
        if parameter.mode == modes.FUNC_PARAM_TABLE:
            columns.append(column)
        else:
            arguments.append(_MODES.get(parameter.mode, "") + column)
    kind = "procedure" if statement.is_procedure else "function"
    returns = ""
    if columns:
        returns = f" returns table({', '.join(columns)})"
    elif statement.returnType is not None and not any(" out" in f" {a}" for a in arguments):
        setof = "setof " if statement.returnType.setof else ""
        returns = f" returns {setof}{_plain_type(statement.returnType)}"
    return f"create {kind} stand_in({', '.join(arguments)}){returns}"


def _plain_type(node: Node) -> str:
    names = strings(node.names)
    array = "[]" if node.arrayBounds else ""
    if node.pct_type:
        return "text" + array
    if len(names) > 1 and names[0] != "pg_catalog":
        return "text[]" if array else "record"
    return _quoted(names[-1]) + array


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain_declarations(body: str) -> tuple[str, dict[str, str]]:
    """The body with `record` for row types, and which variables had one."""
    try:
        tokens = [token for token in pglast.scan(body) if not token.name.endswith("COMMENT")]
    except pglast.parser.ParseError:
        return body, {}
    words = [body[token.start : token.end + 1].lower() for token in tokens]
    cuts: list[tuple[int, int, str]] = []
    declared: dict[str, str] = {}
    declaring = False
    at = 0
    while at < len(tokens):
        if words[at] in ("declare", "begin"):
            declaring = words[at] == "declare"
        starts = declaring and words[at] in ("declare", ";")
        at += 1
        if not starts or words[at : at + 1] == ["begin"]:
            continue
        first = at + 2 if words[at + 1 : at + 2] == ["constant"] else at + 1
        last = first
        while words[last + 1 : last + 2] == ["."]:
            last += 2
        suffix = words[last + 1 : last + 3]
        row_type = suffix == ["%", "rowtype"]
        foreign = last > first and suffix[:1] != ["%"] and words[first] != "pg_catalog"
        if last < len(tokens) and (row_type or foreign):
            name = "".join(words[first : last + 1]).replace('"', "")
            array = suffix[:1] == ["["]
            declared[words[at].strip('"')] = name + ("[]" if array else "")
            end = tokens[last + 2 if row_type else last].end + 1
            cuts.append((tokens[first].start, end, "text" if array else "record"))
    for start, end, plain in reversed(cuts):
        lines = "\n" * body.count("\n", start, end)
        body = body[:start] + plain + lines + body[end:]
    return body, declared
