"""Pieces of Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 110

# what SQL knows by that name: qualified with a schema of ours, or of several words; with brackets
_NAME = re.compile(
    r"(?<![\w.`])(?:_?ahu\.[a-z_.]*[a-z]|(?=[a-z.]*_)[a-z]+(?:[_.][a-z]+)*)(?:\([a-z_, ]*\))?"
)


def paragraph(text: str) -> str:
    """Wrapped, but not inside of code."""
    kept = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(kept, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")


def prose(comment: str) -> str:
    """A comment, with names in code."""
    return _NAME.sub(lambda found: code(found[0]), comment)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """With its rows as they come."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_in_cell, line))} |" for line in lines)


def code(text: str) -> str:
    """In the line; nothing where there is nothing."""
    return f"`{text}`" if text else ""


def anchor(title: str) -> str:
    """A heading's target, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _in_cell(text: str) -> str:
    return text.replace("|", r"\|")
