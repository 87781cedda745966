"""One rendered file as the rules see it: statements, routines, and every piece of SQL in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pglast
from pglast.parser import ParseError

from ahu_sql.linter.findings import Finding
from ahu_sql.linter.plpgsql import ParseMode, PlBody, PlQuery, Role, read_body
from ahu_sql.linter.tree import Node, ast, constant, flatten, location, nodes_of, parse, strings
from ahu_sql.renderer import RenderedFile


@dataclass(frozen=True)
class Fragment:
    """One parsed statement or expression, and where it stands.

    text: what its locations count in. first_line: the file's line where that text begins.
    block: the routine or DO block it stands in. query: its PL/pgSQL origin.
    """

    node: Node
    text: str
    first_line: int
    start: int = 0
    block: Block | None = None
    query: PlQuery | None = None
    assigns: str | None = None

    def line(self, node: Node, parents: tuple[Node, ...] = ()) -> int:
        """The file's line of a node."""
        at = location(node, parents)
        return self.first_line + self.text.count("\n", 0, self.start if at is None else at)

    @property
    def guarded(self) -> bool:
        """Whether it runs only after an existence check or under an exception handler."""
        return self.query is not None and self.query.guarded


@dataclass
class Block:
    """A function, a procedure or a DO block with its body."""

    node: Node
    line: int
    body_line: int = 0
    pl: PlBody | None = None
    fragments: list[Fragment] = field(default_factory=list)

    @property
    def is_routine(self) -> bool:
        """Whether it is stored, unlike a DO block."""
        return isinstance(self.node, ast.CreateFunctionStmt)

    @property
    def name(self) -> str:
        """What messages call it."""
        if not self.is_routine:
            return "do block"
        kind = "procedure" if self.node.is_procedure else "function"
        return f"{kind} {'.'.join(strings(self.node.funcname))}"

    def option(self, name: str) -> Node | None:
        """A clause such as `security`, or None."""
        options = self.node.options if self.is_routine else self.node.args
        return next((option for option in options or () if option.defname == name), None)

    @property
    def settings(self) -> dict[str, tuple[str | None, ...]]:
        """The SET clauses of a routine."""
        return {
            option.arg.name: tuple(constant(value) for value in option.arg.args or ())
            for option in (self.node.options or () if self.is_routine else ())
            if option.defname == "set"
        }

    @property
    def language(self) -> str:
        """`plpgsql`, `sql`, …"""
        option = self.option("language")
        default = "sql" if self.is_routine else "plpgsql"
        return option.arg.sval.lower() if option is not None else default

    @property
    def security_definer(self) -> bool:
        """Whether it runs with its owner's rights."""
        option = self.option("security")
        return option is not None and bool(option.arg.boolval)


@dataclass
class Script:
    """A file, its statements and its blocks."""

    file: RenderedFile
    statements: list[Fragment] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def fragments(self) -> list[Fragment]:
        """Every piece of SQL: the statements and what stands in bodies."""
        return [*self.statements, *(part for block in self.blocks for part in block.fragments)]

    @property
    def executed(self) -> list[Fragment]:
        """What runs when the file is applied: the statements, and what stands in DO blocks."""
        done = [block for block in self.blocks if not block.is_routine]
        return [*self.statements, *(part for block in done for part in block.fragments)]

    def refuse(self, code: str, line: int, message: str, hint: str) -> None:
        """Keep a finding about text that cannot be read."""
        self.findings.append(Finding(code, self.file.path, line, message, hint))


def read_script(file: RenderedFile) -> Script:
    """Parse a file; what cannot be parsed becomes a finding."""
    script = Script(file)
    try:
        statements = parse(file.sql)
    except ParseError as error:
        message, at = error.args
        line = file.sql.count("\n", 0, at or 0) + 1
        hint = "write plain SQL; psql commands such as \\set do not exist here"
        script.refuse("AHU001", line, message, hint)
        return script
    for raw in statements:
        statement = Fragment(raw.stmt, file.sql, 1, start=raw.stmt_location)
        script.statements.append(statement)
        if isinstance(raw.stmt, ast.CreateFunctionStmt | ast.DoStmt):
            end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(file.sql)
            block = Block(raw.stmt, statement.line(raw.stmt))
            _read_block(script, block, file.sql[raw.stmt_location : end])
            script.blocks.append(block)
    return script


def _read_block(script: Script, block: Block, text: str) -> None:
    if block.is_routine and block.node.sql_body is not None:
        for node in flatten(block.node.sql_body):
            at = min(location(part) or len(script.file.sql) for part in nodes_of(node, ast.Node))
            block.fragments.append(Fragment(node, script.file.sql, 1, start=at, block=block))
        return
    option = block.option("as")
    if option is None or block.language not in ("sql", "plpgsql"):
        return
    body = option.arg if isinstance(option.arg, ast.String) else option.arg[0]
    token = next(
        token
        for token in reversed(pglast.scan(text))
        if token.name == "SCONST" and _holds(text[token.start : token.end + 1], body.sval)
    )
    block.body_line = block.line + text.count("\n", 0, token.start)
    if block.language == "sql":
        _add_sql(script, block, body.sval, block.body_line)
        return
    try:
        block.pl = read_body(block.node, body.sval)
    except ParseError as error:
        hint = "correct the body; line numbers of PL/pgSQL errors point at its first line"
        script.refuse("AHU002", block.body_line, f"{block.name}: {error.args[0]}", hint)
        return
    for query in block.pl.queries:
        _add_query(script, block, query)


def _holds(quoted: str, text: str) -> bool:
    """Whether a string token, in dollars or in quotes, is the one with this text."""
    return text in quoted or text in quoted.replace("''", "'")


def _add_sql(
    script: Script, block: Block, text: str, line: int, query: PlQuery | None = None
) -> None:
    try:
        parsed = parse(text)
    except ParseError as error:
        message, at = error.args
        hint = "correct the statement in the body"
        script.refuse(
            "AHU002", line + text.count("\n", 0, at or 0), f"{block.name}: {message}", hint
        )
        return
    for raw in parsed:
        block.fragments.append(
            Fragment(raw.stmt, text, line, start=raw.stmt_location, block=block, query=query)
        )


def _add_query(script: Script, block: Block, query: PlQuery) -> None:
    """Add a query of a PL/pgSQL body, and what a constant EXECUTE would run."""
    line = block.body_line + query.line - 1
    if query.mode == ParseMode.STATEMENT:
        _add_sql(script, block, query.text, line, query)
        return
    target, expression = None, query.text
    try:
        if query.mode >= ParseMode.ASSIGNMENT:
            target, expression = _split_assignment(query.text)
        text = f"select {expression}"
        node = parse(text)[0].stmt
    except ParseError as error:
        hint = "correct the expression in the body"
        script.refuse("AHU002", line, f"{block.name}: {error.args[0]}", hint)
        return
    if query.role is Role.DEFAULT:
        target = query.targets[0]
    dynamic = query.role is Role.DYNAMIC
    own = replace(query, targets=()) if dynamic else query
    block.fragments.append(Fragment(node, text, line, block=block, query=own, assigns=target))
    executed = constant(node.targetList[0].val) if dynamic and node.targetList else None
    if executed is not None:
        _add_sql(script, block, executed, line, replace(query, role=Role.EXECUTED))


def _split_assignment(text: str) -> tuple[str, str]:
    """`v_days := 3` as its target and its expression, with the lines before it kept."""
    depth = 0
    for token in pglast.scan(text):
        depth += {"ASCII_91": 1, "ASCII_93": -1}.get(token.name, 0)
        if depth == 0 and token.name in ("COLON_EQUALS", "ASCII_61"):
            target = text[: token.start]
            return target.strip().lower(), "\n" * target.count("\n") + text[token.end + 1 :]
    raise ParseError("no assignment", 0)
