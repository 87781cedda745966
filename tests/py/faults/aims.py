"""Where a command is struck, and how."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from servers.catalogue import chosen_server

Item = TypeVar("Item")

EXTENT = "AHU_TEST_KILLS"
"""A variable: `all` strikes every point in every way; `few` a third of what is the default."""

AFTER_COMMIT = "after commit"
"""The server has committed, durably, and the client does not hear of it. Points of a CALL go on:
of which."""


class Fault(Enum):
    """What happens to a command in the middle."""

    ERROR = "an error is raised"
    CANCEL = "the statement is cancelled"
    TERMINATE = "the backend is terminated"
    KILL = "the server is killed"


@dataclass(frozen=True)
class Aim:
    """One case: the fault strikes when the point is passed for the nth time."""

    point: str
    nth: int
    fault: Fault

    @property
    def is_after_commit(self) -> bool:
        """Whether what was to be done until there is done."""
        return self.point.startswith(AFTER_COMMIT)

    def __str__(self) -> str:
        """How a failing case is reported."""
        return f"{self.fault.value} at {self.point}, passing {self.nth}"


def cases(passed: Sequence[str], *, everywhere: int, elsewhere: int, turn: int = 0) -> list[Aim]:
    """What to strike of a run that passed these points, in this order.

    everywhere: at so many points, spread over the run, all four faults; elsewhere: at so many of
    the others one fault, in turn. A point that is passed often is struck at different passings.
    turn: which fault comes first, so that runs that share points share no cases. On other servers
    than the main one it is a third of that.
    """
    extent = os.environ.get(EXTENT) or ("most" if chosen_server().name == "pg18" else "few")
    if extent == "all":
        everywhere = len(passed)
    elif extent == "few":
        everywhere, elsewhere = everywhere // 3, elsewhere // 3
    hits = Counter(passed)
    points = list(hits)
    full = _spread(points, everywhere)
    left = [point for point in points if point not in full]
    aims = [aim for point in full for aim in _aims(point, hits[point], tuple(Fault))]
    faults = tuple(Fault)
    for number, point in enumerate(_spread(left, elsewhere)):
        aims += _aims(point, hits[point], (faults[(number + turn) % len(faults)],))
    return aims


def _aims(point: str, hits: int, faults: Sequence[Fault]) -> Iterator[Aim]:
    for fault in faults:
        share = list(Fault).index(fault) / (len(Fault) - 1)
        aim = Aim(point, 1 + round(share * (hits - 1)), fault)
        # nothing runs any more then that could raise an error
        if not (aim.is_after_commit and fault is Fault.ERROR):
            yield aim


def _spread(items: Sequence[Item], number: int) -> list[Item]:
    """So many of them, evenly, the first and the last among them."""
    if number >= len(items):
        return list(items)
    if number < 2:
        return list(items[:number])
    step = (len(items) - 1) / (number - 1)
    return [items[round(at * step)] for at in range(number)]
