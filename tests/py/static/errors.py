"""Every error and warning of ours, as our SQL and our Python spell it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pglast

from ahu_sql.linter.plpgsql_header import stand_in
from ahu_sql.linter.tree import ast as sql_ast
from ahu_sql.linter.tree import parse
from ahu_sql.renderer import RenderedFile

# PL/pgSQL's own numbers
WARNING = 19
MESSAGE, DETAIL, HINT = 1, 2, 3

TELLING = 20
"""So many characters of a message tell it from all others, or the longest part that it has."""


@dataclass(frozen=True)
class OurError:
    """One place that raises.

    parts: what is fixed of its message; empty where another error's is passed on.
    """

    place: str
    parts: tuple[str, ...]
    has_detail: bool
    has_hint: bool

    def is_named_in(self, text: str) -> bool:
        """Whether the text has so much of the message that it means this one."""
        windows = (
            part[at : at + TELLING]
            for part in self.parts
            for at in range(max(len(part) - TELLING, 0) + 1)
            if len(part) >= min(TELLING, len(max(self.parts, key=len)))
        )
        return any(window in text for window in windows)

    def __str__(self) -> str:
        return f"{self.place}: {'%'.join(self.parts)}"


def sql_errors(files: Iterable[RenderedFile]) -> Iterator[OurError]:
    """Each RAISE of an error or a warning, in routines and DO blocks."""
    for file in files:
        for raw in parse(file.sql):
            if isinstance(raw.stmt, sql_ast.CreateFunctionStmt | sql_ast.DoStmt):
                for statement in _raises(raw.stmt):
                    yield _sql_error(file.path, statement)


def python_errors(folder: Path) -> Iterator[OurError]:
    """Each AhuSqlError that is made below a folder."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AhuSqlError":
                names = {keyword.arg for keyword in node.keywords}
                yield OurError(
                    f"{path.relative_to(folder)}:{node.lineno}",
                    tuple(_fixed(node.args[0])),
                    "detail" in names,
                    "hint" in names,
                )


def literals(folder: Path) -> str:
    """All text of the tests below a folder: SQL whole, of Python the literals, one a line."""
    texts = [
        re.sub(r"'\s*\n\s*'", "", path.read_text()).replace("''", "'")
        for path in sorted(folder.rglob("*.sql"))
    ]
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr) or (
                isinstance(node, ast.Constant) and isinstance(node.value, str)
            ):
                texts.append("%".join(_fixed(node)))
    return "\n".join(texts)


def _raises(statement: Any) -> Iterator[dict[str, Any]]:
    options = statement.options if hasattr(statement, "options") else statement.args
    values = {option.defname: option.arg for option in options}
    if getattr(values.get("language"), "sval", "plpgsql") == "plpgsql":
        body = values["as"] if isinstance(values["as"], sql_ast.String) else values["as"][0]
        yield from _find(pglast.parse_plpgsql(stand_in(statement, body.sval).sql))


def _find(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _find(item)
    elif isinstance(value, dict):
        if value.get("PLpgSQL_stmt_raise", {}).get("elog_level", 0) >= WARNING:
            yield value["PLpgSQL_stmt_raise"]
        for item in value.values():
            yield from _find(item)


def _sql_error(path: str, statement: dict[str, Any]) -> OurError:
    options = {
        option["PLpgSQL_raise_option"]["opt_type"]: option["PLpgSQL_raise_option"]["expr"]
        for option in statement.get("options", ())
    }
    message = statement.get("message", "")
    if MESSAGE in options:
        # a format's text, or another error's message
        query = options[MESSAGE]["PLpgSQL_expr"]["query"]
        message = next(iter(re.findall(r"'([^']*)'", query)), "")
    return OurError(
        f"{path}:{statement.get('lineno')}",
        tuple(part for part in re.split(r"%[IsL]?", message) if part),
        DETAIL in options,
        HINT in options,
    )


def _fixed(node: ast.expr) -> Iterator[str]:
    """What is fixed of a text, in its order."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr | ast.IfExp | ast.BinOp):
        for child in ast.iter_child_nodes(node):
            yield from _fixed(child) if isinstance(child, ast.expr) else ()
