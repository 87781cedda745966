"""What `ahu-sql verify` prints as it finds it, as lines for a terminal or as JSON for machines."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import date

from ahu_sql import __version__
from ahu_sql.console import counted
from ahu_sql.table import shown
from ahu_sql.verification import (
    BYPASSED,
    PENDING,
    QUARANTINED,
    RAW_DROPPED,
    REASONS,
    Difference,
    Repair,
    Span,
)

Write = Callable[[str], None]
"""Told a line of data."""

_ADVICE = {
    PENDING: "the next refresh folds them: ahu-sql refresh, or ahu-sql install where that was "
    "interrupted",
    QUARANTINED: "their summaries are kept although raw readings are missing; see _ahu.quarantine "
    "and ahu.resolve_quarantine",
    RAW_DROPPED: "raw has fewer readings than their summaries, which are kept: retention, or a "
    "deletion past the triggers; only where raw is right: ahu-sql verify --repair --trust-raw",
    BYPASSED: "changed past the triggers, or by hand in the rollups: ahu-sql verify --repair",
}
_HEADINGS = ("unit", "day", "ahu_id", "stored", "raw", "reason", "differs")
_WIDTHS = (5, 10, 8, 9, 9, 17, 0)
_NUMBERS = ("stored", "raw")


def _line(values: Sequence[object]) -> str:
    cells = [
        shown(value).rjust(width) if name in _NUMBERS else shown(value).ljust(width)
        for name, value, width in zip(_HEADINGS, values, _WIDTHS, strict=True)
    ]
    return "  ".join(cells).rstrip()


class Report(ABC):
    """What is told of one run, step by step; counts: what differs after the last of them."""

    def __init__(self, write: Write) -> None:
        self.write = write
        self.counts: Counter[str] = Counter()

    @abstractmethod
    def begin(self, database: str, spans: Sequence[Span]) -> None:
        """What is to be verified."""

    def tell(self, differences: Sequence[Difference]) -> None:
        """What differs in one span."""
        self.counts.update(each.reason for each in differences)
        for each in differences:
            self._tell(each)

    def tell_repair(self, repair: Repair) -> None:
        """What was done about it; from here on it is told what differs after that."""
        self.counts.clear()
        self._tell_repair(repair)

    @abstractmethod
    def end(self) -> None:
        """Nothing more differs."""

    def is_exit_1(self, allowed: Collection[str]) -> bool:
        """Whether something differs for a reason that is not allowed."""
        return any(count and reason not in allowed for reason, count in self.counts.items())

    @abstractmethod
    def _tell(self, difference: Difference) -> None: ...

    @abstractmethod
    def _tell_repair(self, repair: Repair) -> None: ...


class Lines(Report):
    """A line per difference, in columns as wide as most values are."""

    _above: tuple[str, ...] = (_line(_HEADINGS),)
    """What stands above the next line."""

    def begin(self, database: str, spans: Sequence[Span]) -> None:
        """Nothing to say yet."""

    def end(self) -> None:
        """The data says it all."""

    def _tell(self, difference: Difference) -> None:
        for line in self._above:
            self.write(line)
        self._above = ()
        self.write(
            _line(
                (
                    difference.unit,
                    difference.day,
                    difference.ahu_id,
                    difference.stored_readings,
                    difference.raw_readings,
                    difference.reason,
                    ", ".join(difference.measures),
                )
            )
        )

    def _tell_repair(self, repair: Repair) -> None:
        self._above = ("", _line(_HEADINGS))


class Json(Report):
    """One object, written as it comes; `ahu-sql verify --help` documents its keys."""

    _held = ""
    """The last difference: it has a comma behind it unless it stays the last."""
    _is_repaired = False

    def begin(self, database: str, spans: Sequence[Span]) -> None:
        """The object's head, and the begin of the list of differences."""
        self.write("{")
        self._member("version", __version__)
        self._member("database", database)
        self._member("from_day", spans[0].first_day if spans else None)
        self._member("until_day", spans[-1].last_day if spans else None)
        self.write('  "differences": [')

    def end(self) -> None:
        """What is left, by reason, and the object's end."""
        self._end_list()
        if not self._is_repaired:
            self._member("repair", None)
            self._member("remaining", None)
        counts = json.dumps({reason: self.counts[reason] for reason in REASONS})
        self.write(f'  "counts": {counts}')
        self.write("}")

    def _tell(self, difference: Difference) -> None:
        if self._held:
            self.write(f"{self._held},")
        record = json.dumps(vars(difference), default=_as_json_value, ensure_ascii=False)
        self._held = f"    {record}"

    def _tell_repair(self, repair: Repair) -> None:
        self._end_list()
        done = {"keys": repair.keys, "months": repair.months, "refresh": vars(repair.totals)}
        self._member("repair", done)
        self.write('  "remaining": [')
        self._is_repaired = True

    def _end_list(self) -> None:
        if self._held:
            self.write(self._held)
        self._held = ""
        self.write("  ],")

    def _member(self, name: str, value: object) -> None:
        self.write(f'  "{name}": {json.dumps(value, default=_as_json_value)},')


def summary(spans: Sequence[Span], counts: Counter[str], allowed: Collection[str]) -> str:
    """What was verified, and what to do about each reason."""
    if not spans:
        return "nothing to verify: neither raw nor the rollups have a day of these"
    days = counted(sum(span.days for span in spans), "day")
    what = f"{days}, {spans[0].first_day} to {spans[-1].last_day}"
    if not counts.total():
        return f"verified {what}: the views equal raw"
    lines = [f"verified {what}: {counted(counts.total(), 'difference')}"]
    for reason in REASONS:
        if counts[reason]:
            is_allowed = " (allowed)" if reason in allowed else ""
            lines.append(f"{reason}: {counts[reason]:,}{is_allowed}; {_ADVICE[reason]}")
    return "\n".join(lines)


def repair_summary(repair: Repair) -> str:
    """What the repair did."""
    totals = repair.totals
    return (
        f"marked {counted(repair.keys, 'key')}, summed up {counted(repair.months, 'month')} again, "
        f"refreshed {counted(totals.days, 'day')} and {counted(totals.keys, 'key')}"
    )


def _as_json_value(value: object) -> object:
    """Of what JSON has no word for: days by ISO 8601."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
