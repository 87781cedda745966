"""Sums of readings by plain Python, exact however many digits they have."""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oracle import COSTS, INPUTS, KWH

Key = tuple[date, str]
"""A day, or the first of a month, and an AHU."""

MEASURES = (*(name for name in COSTS if name != "total_cost"), *KWH)
_OF = {**COSTS, **KWH}
_PLACES = [
    [number for number, measure in enumerate(MEASURES) if name in _OF[measure]] for name in INPUTS
]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Infinity less infinity is not a number, as in SQL; and no digit is lost
_EXACT = decimal.Context(prec=2000, traps=[decimal.Inexact])


@dataclass(frozen=True)
class Summary:
    """What some readings of one key sum up to; sums: of MEASURES, None where nothing is known."""

    readings: int
    newest: Decimal
    sums: tuple[Decimal | None, ...]

    def plus(self, other: Summary | None) -> Summary:
        """Of both."""
        if other is None:
            return self
        return Summary(
            self.readings + other.readings,
            max(self.newest, other.newest),
            tuple(added(*pair) for pair in zip(self.sums, other.sums, strict=True)),
        )

    @property
    def total_cost(self) -> Decimal | None:
        """Of the costs that are known."""
        return added(*self.sums[: len(MEASURES) - len(KWH)])


def summed(zone: str, readings: Iterable[Sequence[Any]]) -> dict[Key, Summary]:
    """By key; a reading is its seconds since 1970, its AHU, and its INPUTS, all of them text."""
    site = ZoneInfo(zone)
    days: dict[str, date] = {}
    gathered: dict[Key, list[Sequence[Any]]] = {}
    for reading in readings:
        time, ahu = reading[0], reading[1]
        if time is None or ahu is None or "Inf" in time:
            continue
        if time not in days:
            days[time] = day_of(site, time)
        gathered.setdefault((days[time], ahu), []).append(reading)
    return {key: _summary(some) for key, some in gathered.items()}


def day_of(site: ZoneInfo, seconds: str) -> date:
    """The calendar date there."""
    return (_EPOCH + timedelta(microseconds=int(Decimal(seconds) * 10**6))).astimezone(site).date()


def added(*values: Decimal | None) -> Decimal | None:
    """The sum of what is known."""
    total = None
    for value in values:
        if value is not None:
            total = value if total is None else _EXACT.add(total, value)
    return total


def by_month(days: dict[Key, Summary]) -> dict[Key, Summary]:
    """Days summed up to their months."""
    months: dict[Key, Summary] = {}
    for (day, ahu), summary in days.items():
        key = day.replace(day=1), ahu
        months[key] = summary.plus(months.get(key))
    return months


def is_same(one: Decimal | None, other: Decimal | None) -> bool:
    """To the digit; NaN is NaN, and unknown is not zero."""
    if one is None or other is None:
        return one is other
    return one == other or (one.is_nan() and other.is_nan())


def _summary(readings: list[Sequence[Any]]) -> Summary:
    sums: list[Decimal | None] = [None] * len(MEASURES)
    for reading in readings:
        for value, places in zip(reading[2:], _PLACES, strict=True):
            if value is not None:
                for place in places:
                    sums[place] = added(sums[place], Decimal(value))
    return Summary(len(readings), max(Decimal(reading[0]) for reading in readings), tuple(sums))
