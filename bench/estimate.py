"""How sure a number is that rests on some measurements."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.clock import typical

_RESAMPLES = 400
_OUTSIDE = 0.025
"""Share of the resamples beyond either end: 95 % lie between."""


@dataclass(frozen=True)
class Estimate:
    """A typical value, and between what 19 of 20 such runs would find it, as far as chance goes."""

    value: float
    low: float
    high: float

    def then(self, change: Callable[[float], float]) -> Estimate:
        """Of what follows from it, and grows with it."""
        return Estimate(change(self.value), change(self.low), change(self.high))

    def may_be(self, value: float) -> bool:
        """Whether it cannot be told from this."""
        return self.low <= value <= self.high


def of_one(values: Sequence[float]) -> Estimate:
    """Of one series' typical value."""
    return _estimated(typical(values), lambda draw: typical(draw(values)))


def of_ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """Of one series' typical value by another's."""
    return _estimated(_ratio(above, below), lambda draw: _ratio(draw(above), draw(below)))


def _ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """A clock of whole milliseconds may have seen no time at all."""
    divisor = typical(below)
    return typical(above) / divisor if divisor else math.inf


_Draw = Callable[[Sequence[float]], Sequence[float]]


def _estimated(value: float, once_more: Callable[[_Draw], float]) -> Estimate:
    """By measurements drawn again and again from those that there are (a bootstrap)."""
    chance = random.Random(0)
    drawn = sorted(
        once_more(lambda values: chance.choices(values, k=len(values))) for _ in range(_RESAMPLES)
    )
    beyond = int(_RESAMPLES * _OUTSIDE)
    return Estimate(value, drawn[beyond], drawn[-1 - beyond])
