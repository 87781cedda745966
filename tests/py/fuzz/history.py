"""The history that a program has left, read back: what happened, and what each look saw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from fuzz.summaries import Key, Summary, day_of, summed

Named = tuple[date, str | None]
"""A key that the log names; no AHU: every AHU of the day."""


@dataclass(frozen=True)
class Row:
    """What the daily views say of one key, and how many readings that sums up."""

    summary: Summary
    total_cost: Decimal | None


@dataclass(frozen=True)
class Look:
    """All that one transaction saw at one moment.

    quarantine: readings stored, readings that raw has, and net readings. seen: the numbers of the
    events that were visible. verified: what ahu.verify_dashboard_views said of the days from
    span[0] until before span[1]; None: not asked.
    """

    raw: dict[Key, Summary]
    daily: dict[Key, Row]
    monthly: dict[Key, tuple[Decimal | None, ...]]
    log: frozenset[Named]
    quarantine: dict[Key, tuple[int, int, int]]
    seen: frozenset[int]
    verified: tuple[tuple[Any, ...], ...] | None = None
    span: tuple[date, date] = (date.min, date.min)


@dataclass(frozen=True)
class Event:
    """One entry of the history, in the order in which they were written.

    kind: change and truncate, which triggers have noted; mark, fold, resolve and switch, after the
    procedures; look. changed: the keys that a change gave or took a reading. before: the events
    that were visible when a procedure was called.
    """

    number: int
    kind: str
    said: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    changed: tuple[tuple[Key, int], ...] = ()
    look: Look | None = None
    before: frozenset[int] = frozenset()


def read(zone: str, rows: Iterable[tuple[int, str, Any]]) -> list[Event]:
    """Rows of fuzz.history as events."""
    return [_event(zone, *row) for row in sorted(rows, key=lambda row: row[0])]


def _event(zone: str, number: int, kind: str, detail: Any) -> Event:
    if kind == "truncate":
        return Event(number, kind)
    if kind == "change":
        site = ZoneInfo(zone)
        changed = tuple(
            ((day_of(site, part[0]), part[1]), part[2])
            for part in detail
            if part and part[0] is not None and part[1] is not None and "Inf" not in part[0]
        )
        return Event(number, kind, changed=changed)
    if kind == "mark":
        return Event(number, kind, said=detail)
    look = _look(zone, detail["look"], detail["verified"], detail["span"])
    before = frozenset(detail["before"] or ())
    return Event(number, kind, detail["said"] or {}, detail["answer"] or {}, (), look, before)


def _look(zone: str, saw: dict[str, Any], verified: Any, span: Any) -> Look:
    return Look(
        raw=summed(zone, saw["readings"] or ()),
        daily={(_day(row[0]), row[1]): _row(row[2:]) for row in saw["daily"] or ()},
        monthly={
            (_day(month), ahu): tuple(map(_number, costs))
            for month, ahu, *costs in saw["monthly"] or ()
        },
        log=frozenset((_day(day), ahu) for day, ahu in saw["log"] or ()),
        quarantine={(_day(day), ahu): tuple(rest) for day, ahu, *rest in saw["quarantine"] or ()},
        seen=frozenset(saw["seen"] or ()),
        verified=None if verified is None else tuple(map(tuple, verified)),
        span=(_day(span[0]), _day(span[1])) if span else (date.min, date.min),
    )


def _row(values: list[Any]) -> Row:
    readings, newest, steam, water, electricity, total, *kwh = values
    sums = tuple(map(_number, (steam, water, electricity, *kwh)))
    return Row(Summary(readings, Decimal(newest or 0), sums), _number(total))


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day(text: str) -> date:
    return date.fromisoformat(text)
