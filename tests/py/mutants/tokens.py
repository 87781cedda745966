"""A file of our SQL as the tokens of its code, which stands in dollar quotes too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pglast

_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_DOLLAR = re.compile(r"\$[a-z_]*\$")


@dataclass(frozen=True)
class Token:
    """One token of the code.

    text: in lower case; a literal as it stands. start, end: in the file, end excluded. body: the
    name of the dollar quotes that it stands in, empty outside of all. depth: how many brackets and
    CASE are open around it.
    """

    text: str
    start: int
    end: int
    body: str
    depth: int
    is_literal: bool = False


def code_tokens(text: str) -> list[Token]:
    """The tokens of a file, or template, from its first CREATE or DO to the end of that."""
    assert text.isascii(), "offsets are bytes"
    tokens = list(_scan(_without_jinja(text), 0, ""))
    last = max((at for at, token in enumerate(tokens) if token.body), default=-1)
    return tokens[: last + 1]


def _without_jinja(text: str) -> str:
    """A name in the place of each expression, blanks in that of each statement; as long."""

    def stand_in(found: re.Match[str]) -> str:
        if found[0].startswith("{{"):
            return "j" * len(found[0])
        return re.sub(r"[^\n]", " ", found[0])

    return _JINJA.sub(stand_in, text)


def _scan(text: str, offset: int, body: str) -> Iterator[Token]:
    open_: list[str] = []
    for found in pglast.scan(text):
        start, end = found.start, found.end + 1
        word = text[start:end]
        if found.name in ("SQL_COMMENT", "C_COMMENT"):
            continue
        if dollar := _DOLLAR.match(word):
            inner = word[len(dollar[0]) : -len(dollar[0])]
            yield from _scan(inner, offset + start + len(dollar[0]), dollar[0].strip("$"))
            continue
        is_literal = found.name == "SCONST"
        if not is_literal:
            word = word.lower()
        # an END that closes no CASE closes a block, an IF or a LOOP
        if word in (")", "]") or (word == "end" and open_[-1:] == ["case"]):
            open_.pop()
        yield Token(word, offset + start, offset + end, body, len(open_), is_literal)
        if word in ("(", "[", "case"):
            open_.append(word)
