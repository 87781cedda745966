"""Sows a script of SQL with points: a call of `_test.point` before every PL/pgSQL statement.

What the points are follows from the functions' own statements, so a new step has one by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pglast

from ahu_sql.linter.plpgsql_header import stand_in
from ahu_sql.linter.tree import Node, ast, parse, strings


@dataclass(frozen=True)
class _Body:
    """A dollar-quoted PL/pgSQL body of a script, and the statement that it stands in."""

    statement: Node
    text: str
    name: str


@cache
def sown(script: str) -> str:
    """The script with a point before each statement of its PL/pgSQL bodies, and at their ends."""
    for body in _bodies(script) if "$" in script else ():
        script = script.replace(f"${body.text}$", f"${_sown(body)}$", 1)
    return script


def _bodies(script: str) -> Iterator[_Body]:
    for raw in parse(script):
        statement = raw.stmt
        if isinstance(statement, ast.DoStmt):
            (text,) = (arg.arg.sval for arg in statement.args if arg.defname == "as")
            tag = script[: script.index(f"${text}$")].rpartition("$")[2]
            yield _Body(statement, text, f"do {tag}")
        elif isinstance(statement, ast.CreateFunctionStmt):
            options = {option.defname: option.arg for option in statement.options}
            if options["language"].sval == "plpgsql":
                yield _Body(statement, options["as"][0].sval, strings(statement.funcname)[-1])


def _sown(body: _Body) -> str:
    parsed: Any = pglast.parse_plpgsql(stand_in(body.statement, body.text).sql)
    block = parsed[0]["PLpgSQL_function"]["action"]["PLpgSQL_stmt_block"]
    if "lineno" not in block:  # PL/pgSQL's own, around one that has handlers
        block = block["body"][0]["PLpgSQL_stmt_block"]
    lines = body.text.split("\n")
    places: dict[int, int | str] = {number - 1: number for number in _line_numbers(block)}
    if "exceptions" not in block:  # else it would be a handler's end
        last = max(n for n, line in enumerate(lines) if re.fullmatch(r"end;?", line.strip()))
        places[last] = "end"
    for at, place in places.items():
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        point = f"perform _test.point('{body.name}:{place}'); "
        lines[at] = f"{indent}{point}{lines[at].lstrip()}"
    return "\n".join(lines)


def _line_numbers(value: Any) -> Iterator[int]:
    """The line of each statement below a node of the syntax tree; 1 is the body's first."""
    if isinstance(value, list):
        for one in value:
            yield from _line_numbers(one)
    elif isinstance(value, dict):
        for kind, inner in value.items():
            if kind.startswith("PLpgSQL_stmt_") and "lineno" in inner:
                yield inner["lineno"]
            yield from _line_numbers(inner)
