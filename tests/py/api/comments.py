"""How comments of routines are worded, so that they read well in psql and here.

First what it does, in sentences. Then `name: what it means.` for parameters and results that the
sentences do not explain. Last, after the word Error, `SQLSTATE: when; SQLSTATE, SQLSTATE: when.`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_ERRORS = re.compile(r"(?:^|(?<=[.;] ))Error (?=[0-9A-Z]{5}[:,])")
_ERROR = re.compile(r"(?:^|; )((?:[0-9A-Z]{5}, )*[0-9A-Z]{5}): ")


@dataclass(frozen=True)
class Comment:
    """One comment of a routine, in its parts.

    meanings: by the name of a parameter or result. errors: SQLSTATEs that have one reason, and it.
    """

    text: str
    meanings: Mapping[str, str]
    errors: tuple[tuple[tuple[str, ...], str], ...]

    @property
    def states(self) -> frozenset[str]:
        """SQLSTATEs that it tells of."""
        return frozenset(state for states, _ in self.errors for state in states)


def read_comment(comment: str, names: Iterable[str]) -> Comment:
    """names: of the routine's parameters and results."""
    said, *errors = _ERRORS.split(comment, maxsplit=1)
    alternatives = "|".join(map(re.escape, names))
    # without names nothing is split off: no text begins with an empty one and a colon
    text, *parts = re.split(rf"(?:^|(?<=[.;] ))({alternatives}): ", said)
    meanings = zip(parts[::2], parts[1::2], strict=True)
    return Comment(
        text.strip(),
        {name: meaning.strip().rstrip(".;") for name, meaning in meanings},
        tuple(_errors(errors[0])) if errors else (),
    )


def _errors(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    _, *parts = _ERROR.split(text.strip().removesuffix("."))
    for states, when in zip(parts[::2], parts[1::2], strict=True):
        yield tuple(states.split(", ")), when
