"""What is done to the code, token by token: each operator gives places and what to write there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from mutants.tokens import Token

Edit = tuple[int, int, str]
"""From an offset to before another: this text instead."""

SWAPS = {
    "comparison": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "="},
    "arithmetic": {"+": "-", "-": "+"},
    "truth": {"true": "false", "false": "true"},
    "extreme": {"least": "greatest", "greatest": "least", "min": "max", "max": "min"},
    "aggregate": {"sum": "max", "bool_or": "bool_and", "bool_and": "bool_or", "count": "sum"},
}
# these end what stands between them: an operand of AND, a condition, an item of a list
_CLAUSES = """
    and or then group order limit union returning loop for join left full cross where on when else
    end as into from having using set do ;
"""
_ENDS = frozenset(_CLAUSES.split())
_UNITS = re.compile(r"^'(\d+) (hours?|days?|months?|minutes?)'$")
_STATEMENTS = (
    "perform",
    "call",
    "raise",
    "insert",
    "update",
    "delete",
    "with",
    "execute",
    "select",
)
_LEAVES = ("return", "continue")


def edits(tokens: Sequence[Token]) -> Iterator[tuple[str, Edit]]:
    """Every fault for every place, with the operator's name."""
    told = _messages(tokens)
    attributes = _attributes(tokens)
    for at, token in enumerate(tokens):
        if token.start in told:
            continue
        if token.start not in attributes:
            yield from _swaps(tokens, at)
        for kind, operator in OPERATORS.items():
            for edit in operator(tokens, at):
                yield kind, edit
    for edit in _statements(tokens):
        yield "statement removed", edit


def _messages(tokens: Sequence[Token]) -> set[int]:
    """Where RAISE says something, which is for people."""
    found: set[int] = set()
    inside = False
    for token in tokens:
        inside = inside and token.text != ";"
        if inside:
            found.add(token.start)
        inside = inside or (token.text == "raise" and token.body != "")
    return found


def _attributes(tokens: Sequence[Token]) -> set[int]:
    """Where a routine's `set … = …` stands, and where a list of assignments does."""
    found = set()
    for at, token in enumerate(tokens):
        if token.text == "=" and (token.body == "" or _assigns(tokens, at)):
            found.add(token.start)
    return found


def _assigns(tokens: Sequence[Token], at: int) -> bool:
    """Whether this = is one of `set a = b, c = d`."""
    depth = tokens[at].depth
    for token in reversed(tokens[:at]):
        if token.depth < depth or token.body != tokens[at].body:
            return False
        if token.depth == depth and not token.is_literal:
            if token.text == "set":
                return True
            if token.text in ("where", "and", "or", "on", "when", "select", ";"):
                return False
    return False


def _swaps(tokens: Sequence[Token], at: int) -> Iterator[tuple[str, Edit]]:
    token = tokens[at]
    for kind, swap in SWAPS.items():
        other = None if token.is_literal else swap.get(token.text)
        before = tokens[at - 1].text if at else ""
        if other is None or before == ".":
            continue
        if kind == "arithmetic" and token.text == "+" and before in ("(", ","):
            continue
        if kind in ("extreme", "aggregate") and _next(tokens, at) != "(":
            continue
        if token.text == "count" and tokens[at + 2].text in ("*", "distinct"):
            continue
        yield kind, (token.start, token.end, other)


def _next(tokens: Sequence[Token], at: int, by: int = 1) -> str:
    return tokens[at + by].text if at + by < len(tokens) else ""


def _previous(tokens: Sequence[Token], at: int) -> str:
    return tokens[at - 1].text if at else ""


def _logic(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    token = tokens[at]
    if _is_logic(tokens, at):
        yield token.start, token.end, "or" if token.text == "and" else "and"


def _is_logic(tokens: Sequence[Token], at: int) -> bool:
    """Whether this is an AND or OR that joins two conditions."""
    if tokens[at].text not in ("and", "or") or not tokens[at].body:
        return False
    return not _is_of_between(tokens, at)


def _is_of_between(tokens: Sequence[Token], at: int) -> bool:
    for token in reversed(tokens[:at]):
        if token.depth < tokens[at].depth or token.text in ("and", "or", "where", ";"):
            return False
        if token.depth == tokens[at].depth and token.text == "between":
            return True
    return False


def _negation(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    token = tokens[at]
    if token.text == "not":
        yield token.start, tokens[at + 1].start, ""
    elif token.text == "is" and _next(tokens, at) in ("null", "distinct"):
        yield token.end, token.end, " not"
    elif (
        token.text in ("exists", "in")
        and tokens[at - 1].text != "not"
        and _next(tokens, at) == "("
        and token.body
    ):
        yield token.start, token.start, "not "


def _operand(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """A AND B: without B; and at the first AND of a chain, without A."""
    token = tokens[at]
    if not _is_logic(tokens, at):
        return
    yield token.start, _end_of_operand(tokens, at), ""
    first = _start_of_operand(tokens, at)
    if first is not None:
        yield first, tokens[at + 1].start, ""


def _end_of_operand(tokens: Sequence[Token], at: int) -> int:
    depth = tokens[at].depth
    between = False
    for before, token in zip(tokens[at:], tokens[at + 1 :], strict=False):
        if token.depth < depth or token.body != tokens[at].body:
            return before.end
        if token.depth == depth and not token.is_literal:
            if token.text == "between":
                between = True
            elif token.text == "and" and between:
                between = False
            elif (token.text in _ENDS or token.text == ",") and before.text != "distinct":
                return before.end
    return tokens[-1].end


def _start_of_operand(tokens: Sequence[Token], at: int) -> int | None:
    """Where the operand before begins; None where it is not the first of its chain."""
    depth = tokens[at].depth
    for index in range(at - 1, -1, -1):
        token = tokens[index]
        if token.depth < depth or token.body != tokens[at].body:
            return tokens[index + 1].start
        if token.depth == depth and not token.is_literal:
            if token.text in ("and", "or"):
                return None
            ends = token.text in _ENDS and _previous(tokens, index) != "distinct"
            if ends or token.text in ("if", "elsif", "return", "select", ",", ":="):
                return tokens[index + 1].start
    return None


def _condition(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """A WHERE that has one condition alone."""
    if tokens[at].text != "where" or tokens[at - 1].text == "(":
        return
    end = _end_of_operand(tokens, at)
    following = next((token for token in tokens if token.start >= end), None)
    if following is None or following.text not in ("and", "or"):
        yield tokens[at].start, end, ""


def _joins(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    token = tokens[at]
    if token.text == "full" and _next(tokens, at) == "join":
        yield token.start, token.end, "left"
        yield token.start, token.end, "right"
    elif token.text == "left" and _next(tokens, at) == "join":
        yield token.start, tokens[at + 1].start, ""
    elif token.text == "join" and tokens[at - 1].text not in ("full", "left", "cross"):
        yield token.start, token.start, "left "


def _sets(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    token = tokens[at]
    if token.text == "union":
        if _next(tokens, at) == "all":
            yield token.end, tokens[at + 1].end, ""
        else:
            yield token.end, token.end, " all"
    elif token.text == "distinct" and tokens[at - 1].text in ("select", "("):
        yield token.start, tokens[at + 1].start, ""


def _first_argument(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """coalesce(x, y): x, and y."""
    if tokens[at].text != "coalesce":
        return
    arguments: list[tuple[int, int]] = []
    start = tokens[at + 2].start
    for before, token in zip(tokens[at + 1 :], tokens[at + 2 :], strict=False):
        if token.depth == tokens[at].depth + 1 and token.text == ",":
            arguments.append((start, before.end))
            start = -1
        elif start < 0:
            start = token.start
        if token.depth == tokens[at].depth and token.text == ")":
            arguments.append((start, before.end))
            for argument in arguments:
                yield tokens[at].start, token.end, f"\0{argument[0]}:{argument[1]}"
            return


def _numbers(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    token = tokens[at]
    if token.text.isdigit() and token.body and not _is_ordinal(tokens, at):
        yield token.start, token.end, str(int(token.text) + 1)
        if int(token.text) > 0 and tokens[at - 1].text != "-":
            yield token.start, token.end, str(int(token.text) - 1)
    elif token.is_literal and (found := _UNITS.match(token.text)):
        yield token.start, token.end, f"'{int(found[1]) + 1} {found[2]}'"
        yield token.start, token.end, f"'{int(found[1]) - 1} {found[2]}'"


def _is_ordinal(tokens: Sequence[Token], at: int) -> bool:
    """Whether it is one of `group by 1, 2`."""
    return any(
        token.text == "by" and all(t.text == "," or t.text.isdigit() for t in tokens[index:at])
        for index, token in enumerate(tokens[max(at - 4, 0) : at], start=max(at - 4, 0) + 1)
    )


def _locks(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    token = tokens[at]
    if token.text == "for" and _next(tokens, at) == "update":
        yield token.start, tokens[at + 1].end, ""
    elif token.text == "nowait":
        yield token.start, token.end, ""


def _orders(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    token = tokens[at]
    if token.text == "desc":
        yield token.start, token.end, ""
    elif token.text == "limit":
        yield token.start, tokens[at + 1].end, ""


def _clauses(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """A routine's attributes that change what it answers."""
    token = tokens[at]
    if token.body:
        return
    if token.text == "security" and _next(tokens, at) == "definer":
        yield token.start, tokens[at + 1].end, ""
    elif token.text == "set" and _next(tokens, at) in ("row_security", "quote_all_identifiers"):
        yield token.start, tokens[at + 3].end, ""


def _assignments(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """One of `set a = b, c = d`."""
    token = tokens[at]
    if token.text != "=" or not token.body or not _assigns(tokens, at):
        return
    end = _end_of_operand(tokens, at)
    following = next((one for one in tokens if one.start >= end), None)
    before = tokens[at - 2]
    if following is not None and following.text == ",":
        yield tokens[at - 1].start, following.end, ""
    elif before.text == ",":
        yield before.start, end, ""


def _statements(tokens: Sequence[Token]) -> Iterator[Edit]:
    """One statement of PL/pgSQL: nothing instead."""
    begins = False
    for at, token in enumerate(tokens):
        starts = begins and token.depth == 0
        begins = token.text in (";", "begin", "then", "else", "loop") and token.depth == 0
        if not starts or not token.body:
            continue
        end = next((i for i in range(at, len(tokens)) if tokens[i].text == ";"), None)
        if end is None:
            continue
        last = _next(tokens, end) == "end"
        if (
            token.text in _STATEMENTS
            or (token.text in _LEAVES and not (last and _next(tokens, end, 3) == ""))
            or any(one.text == ":=" for one in tokens[at : at + 3])
        ):
            yield token.start, tokens[end].start, "null"


OPERATORS: dict[str, Callable[[Sequence[Token], int], Iterator[Edit]]] = {
    "and, or": _logic,
    "negation": _negation,
    "operand removed": _operand,
    "where removed": _condition,
    "join": _joins,
    "set": _sets,
    "coalesce": _first_argument,
    "constant": _numbers,
    "lock": _locks,
    "order": _orders,
    "attribute": _clauses,
    "assignment removed": _assignments,
}
