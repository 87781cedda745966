"""Reads a PL/pgSQL body into what the rules look at: queries, variables, raises, commits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

import pglast
from pglast import enums

from ahu_sql.linter.plpgsql_header import stand_in
from ahu_sql.linter.tree import Node, ast, function_name, nodes_of, parse

ELOG_ERROR = 21
RAISE_OPTION_HINT = 3


class ParseMode(IntEnum):
    """How PL/pgSQL reads a piece of SQL (RawParseMode); from 3 on it is an assignment."""

    STATEMENT = 0
    EXPRESSION = 2
    ASSIGNMENT = 3


class Role(Enum):
    """What a query is for: DYNAMIC computes a text, EXECUTED is the text where it is constant."""

    PLAIN = "plain"
    DYNAMIC = "dynamic"
    EXECUTED = "executed"
    DEFAULT = "default"


@dataclass(frozen=True)
class PlQuery:
    """One piece of SQL in a body.

    line: 1-based in the body. guarded: runs only after an existence check, or under a handler.
    targets: the variables or record that take the result.
    """

    text: str
    mode: int
    line: int
    guarded: bool
    role: Role = Role.PLAIN
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlRaise:
    """A RAISE that ends in an error; a bare one raises again what was caught."""

    line: int
    has_hint: bool
    bare: bool


@dataclass
class PlBody:
    """What a body holds."""

    queries: list[PlQuery] = field(default_factory=list)
    raises: list[PlRaise] = field(default_factory=list)
    transactions: list[tuple[int, str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    records: set[str] = field(default_factory=set)


def read_body(statement: Node, body: str) -> PlBody:
    """The parts of a body. Raises pglast.parser.ParseError where it is not PL/pgSQL."""
    substitute = stand_in(statement, body)
    parsed: Any = pglast.parse_plpgsql(substitute.sql)
    return _Reader(body, substitute.declared).read(parsed[0]["PLpgSQL_function"])


class _Reader:
    def __init__(self, text: str, declared: dict[str, str]) -> None:
        self.text = text
        self.body = PlBody(variables=dict(declared))
        self.starts = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]

    def read(self, function: dict[str, Any]) -> PlBody:
        for datum in function.get("datums", ()):
            for kind, value in datum.items():
                self._datum(kind, value)
        self._visit(function.get("action", {}), 1, False)
        return self.body

    def _datum(self, kind: str, value: dict[str, Any]) -> None:
        name = value.get("refname", "")
        if kind == "PLpgSQL_rec":
            self.body.records.add(name)
        if kind != "PLpgSQL_var":
            return
        type_ = value["datatype"]["PLpgSQL_type"]["typname"]
        type_ = type_[1:] + "[]" if type_.startswith("_") else type_
        self.body.variables.setdefault(name, type_)
        line = value.get("lineno", 1)
        if "default_val" in value:
            self._add(value["default_val"], line, False, Role.DEFAULT, (name,))
        if "cursor_explicit_expr" in value:
            self._add(value["cursor_explicit_expr"], line, False)

    def _add(
        self,
        expression: dict[str, Any],
        line: int,
        guarded: bool,
        role: Role = Role.PLAIN,
        targets: tuple[str, ...] = (),
    ) -> None:
        query = expression["PLpgSQL_expr"]
        mode = query.get("parseMode", 0)
        sought = query["query"]
        if mode == ParseMode.STATEMENT and sought.startswith("SELECT "):
            sought = sought.removeprefix("SELECT ")  # PERFORM is read as SELECT
        at = self.text.find(sought, self.starts[min(line, len(self.starts)) - 1])
        found = self.text.count("\n", 0, at) + 1 if at >= 0 else line
        self.body.queries.append(PlQuery(query["query"], mode, found, guarded, role, targets))

    def _statements(self, statements: list[Any], line: int, guarded: bool) -> None:
        """A list of statements; what follows `if exists (…) then return` is guarded too."""
        for statement in statements:
            self._visit(statement, line, guarded)
            check = statement.get("PLpgSQL_stmt_if", {})
            leaves = any("PLpgSQL_stmt_return" in inner for inner in check.get("then_body", ()))
            guarded = guarded or (leaves and _is_check(check))

    def _visit(self, value: Any, line: int, guarded: bool) -> None:
        if isinstance(value, list):
            self._statements(value, line, guarded)
        elif isinstance(value, dict):
            for kind, inner in value.items():
                if kind == "PLpgSQL_expr":
                    self._add(value, line, guarded)
                elif isinstance(inner, dict) and kind.startswith("PLpgSQL_"):
                    self._statement(kind, inner, inner.get("lineno", line), guarded)
                elif kind not in ("var", "target", "datums"):
                    self._visit(inner, line, guarded)

    def _statement(self, kind: str, value: dict[str, Any], line: int, guarded: bool) -> None:
        rest = dict(value)
        if kind in ("PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"):
            self.body.transactions.append((line, kind.removeprefix("PLpgSQL_stmt_")))
        elif kind == "PLpgSQL_stmt_raise" and value.get("elog_level") == ELOG_ERROR:
            self._raise(value, line)
        elif kind == "PLpgSQL_stmt_if":
            guarded = guarded or _is_check(value)
        elif kind == "PLpgSQL_stmt_block" and "exceptions" in value:
            self._visit(rest.pop("exceptions"), line, guarded)
            guarded = True
        for name in ("query", "dynquery", "sqlstmt", "expr"):
            if name in rest and "PLpgSQL_expr" in rest[name]:
                dynamic = name == "dynquery" or kind.startswith("PLpgSQL_stmt_dyn")
                role = Role.DYNAMIC if dynamic else Role.PLAIN
                self._add(rest.pop(name), line, guarded, role, tuple(_targets(value)))
        self._visit(rest, line, guarded)

    def _raise(self, value: dict[str, Any], line: int) -> None:
        options = [option["PLpgSQL_raise_option"] for option in value.get("options", ())]
        self.body.raises.append(
            PlRaise(
                line=line,
                has_hint=any(option.get("opt_type") == RAISE_OPTION_HINT for option in options),
                bare=not options and not value.keys() & {"message", "condname"},
            )
        )


def _targets(statement: dict[str, Any]) -> Iterator[str]:
    """The variables that a statement fills, or its one record."""
    target = statement.get("target") or statement.get("var") or {}
    for kind, value in target.items():
        if kind == "PLpgSQL_row":
            yield from (part["name"] for part in value.get("fields", ()))
        elif "refname" in value:
            yield value["refname"]


def _is_check(statement: dict[str, Any]) -> bool:
    """Whether an IF looks at what exists: a subquery, to_reg…(), `found`, a flag, a null test."""
    condition = statement.get("cond", {}).get("PLpgSQL_expr", {}).get("query", "false")
    try:
        parsed: Node = parse(f"select {condition}")[0].stmt
    except pglast.parser.ParseError:
        return False
    tested = parsed.targetList[0].val
    if isinstance(tested, ast.BoolExpr) and tested.boolop == enums.BoolExprType.NOT_EXPR:
        tested = tested.args[0]
    if isinstance(tested, ast.ColumnRef) or any(nodes_of(parsed, ast.SubLink, ast.NullTest)):
        return True
    return any(function_name(call).startswith("to_reg") for call in nodes_of(parsed, ast.FuncCall))
