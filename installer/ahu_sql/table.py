"""Rows of a query as a plain-text table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

MAX_WIDTH = 100
UNKNOWN = "\N{EN DASH}"
_CUT = "\N{HORIZONTAL ELLIPSIS}"
_GAP = "  "


def format_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A heading, a rule and one line per row, each of at most 100 characters.

    Numbers stand at the right, with commas between thousands and all the digits that they came
    with; None is a dash. Where a line would be longer, the widest texts and headings lose their
    ends, numbers never: a cut number is a wrong one. Raises ValueError where that is not enough.
    """
    values = [tuple(row) for row in rows]
    for row in values:
        if len(row) != len(columns):
            raise ValueError(f"a row of {len(row)} values does not fit {len(columns)} columns")
    cells = [[shown(value) for value in row] for row in values]
    is_number = [_holds_numbers([row[at] for row in values]) for at in range(len(columns))]
    body = [max((len(row[at]) for row in cells), default=0) for at in range(len(columns))]
    widths = _shrink(
        [max(len(name), width) for name, width in zip(columns, body, strict=True)],
        [width if number else 1 for width, number in zip(body, is_number, strict=True)],
    )
    rule = ["-" * width for width in widths]
    return "\n".join(
        _GAP.join(
            _cut(cell, width).rjust(width) if number else _cut(cell, width).ljust(width)
            for cell, width, number in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in [list(columns), rule, *cells]
    )


def shown(value: object) -> str:
    """One value as text on one line, without the characters that a terminal would obey."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        # Without the f a large or small one would come out as 1E+6.
        return f"{value:,f}"
    if isinstance(value, int | float):
        return f"{value:,}"
    text = " ".join(str(value).split())
    return "".join(character if character.isprintable() else "?" for character in text)


def _holds_numbers(values: Sequence[object]) -> bool:
    """Whether a column holds numbers and nothing else but nulls."""
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in known
    )


def _shrink(widths: list[int], least: list[int]) -> list[int]:
    """The widths, the widest of them narrowed, none below its least, until a line fits."""
    fitting = list(widths)
    too_long = sum(fitting) + len(_GAP) * (len(fitting) - 1) - MAX_WIDTH
    while too_long > 0:
        spare = [at for at in range(len(fitting)) if fitting[at] > max(least[at], 1)]
        if not spare:
            raise ValueError(f"{len(fitting)} columns do not fit into {MAX_WIDTH} characters")
        fitting[max(spare, key=lambda at: fitting[at])] -= 1
        too_long -= 1
    return fitting


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + _CUT
