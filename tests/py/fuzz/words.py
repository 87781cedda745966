"""What a program's statements are made of: numbers become times, AHUs, values and conditions.

A program is a list of numbers to hypothesis, which makes them smaller until a failure is minimal:
so number 0 is always the most ordinary thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fuzz.zones import instants, local_day
from oracle import INPUTS

# what is often drawn meets often
AHUS = (
    *("AHU01", "AHU02", "AHU01", "AHU02", "AHU01", "", None),
    *("AHU01 ", "ahu \"3\", {'Ü'}", "%s:$1\\"),
)
NUMBERS = (
    *("1", "2.50", "0", "-3", "0.001", None, "1e-20", "123456789012345678901234567890.123"),
    *("NaN", "1e300", "Infinity", "-Infinity", "0.00", "-0.5", "99999", "7.10"),
)
COLUMNS = (*INPUTS, "outdoor_temperature")
SHIFTS = (
    *("1 hour", "-1 hour", "24 hours", "-24 hours", "1 day", "61 minutes", "-1 microsecond"),
    *("31 days", "-2 days", "36 hours", "1 microsecond", "-1 month"),
)
# numbers of times, AHUs, columns and values that are drawn
OFTEN = 6
TIMES, NAMES, PLACES, VALUES = 64, len(AHUS), len(COLUMNS), len(NUMBERS)
ROWS = TIMES * NAMES * PLACES * VALUES
CONDITIONS = 8 * TIMES * TIMES * NAMES


@dataclass(frozen=True)
class Row:
    """One reading: its time and AHU as SQL, and a value of two columns."""

    time: str
    ahu: str
    value: str
    other: str


@dataclass(frozen=True)
class Words:
    """The words of one program, near one change of a zone's clock."""

    zone: str
    change: datetime
    is_nullable: bool
    is_endless: bool
    """Whether a reading may be at infinity."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", instants(self.zone, self.change))

    times: tuple[datetime, ...] = ()

    def time(self, number: int) -> str:
        """A time near the change; rarely none, or no day's."""
        if number == TIMES - 1 and self.is_nullable:
            return "null::timestamptz"
        if number == TIMES - 2 and self.is_endless:
            return "timestamptz 'infinity'"
        return f"timestamptz '{self.instant(number)}'"

    def instant(self, number: int) -> datetime:
        """A time near the change; half of the numbers are the first times, or shortly after."""
        if number < TIMES // 2:
            later, place = divmod(number, OFTEN)
            return self.times[place] + timedelta(seconds=30) * later
        return self.times[number % len(self.times)]

    def ahu(self, number: int) -> str:
        """The name of an AHU, rarely none."""
        name = AHUS[number % NAMES]
        return "null" if name is None and self.is_nullable else text(name or "AHU01")

    def row(self, number: int) -> Row:
        """A reading; see ROWS."""
        number, time = divmod(number, TIMES)
        number, ahu = divmod(number, NAMES)
        value, other = divmod(number, PLACES)
        return Row(
            self.time(time), self.ahu(ahu), numeric(value), numeric(value // 2 * 3 + other % 5)
        )

    def rows(self, numbers: list[int], *, distinct: bool = False) -> list[Row]:
        """Readings; distinct: no two of the same time and AHU."""
        found = [self.row(number) for number in numbers]
        if not distinct:
            return found
        return list({(row.time, row.ahu): row for row in found}.values())

    def columns(self, numbers: list[int]) -> tuple[str, str]:
        """The two columns that the readings of one statement fill."""
        first = numbers[0] // (TIMES * NAMES) % PLACES
        return COLUMNS[first], COLUMNS[(first + 1 + numbers[-1] % (PLACES - 1)) % PLACES]

    def condition(self, number: int) -> str:
        """Which readings; see CONDITIONS."""
        number, first = divmod(number, TIMES)
        number, second = divmod(number, TIMES)
        sort, ahu = divmod(number, NAMES)
        at, until = self.time(first), self.time(second)
        name = self.ahu(ahu)
        start, end = sorted((self.instant(first), self.instant(second)))
        return (
            f"r.ahu_id = {name}",
            f"r.timestamp >= '{start}' and r.timestamp < '{end}'",
            "true",
            f"r.timestamp in ({at}, {until})",
            f"r.ahu_id = {name} and r.timestamp <= '{end}'",
            f"r.ahu_id is distinct from {name}",
            f"r.{COLUMNS[first % PLACES]} is not null",
            f"r.timestamp is null or r.ahu_id is null or r.timestamp > '{end}'",
        )[sort]

    def keys(self, span: int, ahu: int) -> dict[str, Any]:
        """A span of days, both included, and some AHUs or all: what procedures take."""
        numbers = divmod(span, TIMES) if span % 2 else range(OFTEN)
        days = [local_day(self.zone, self.instant(number)) for number in numbers]
        names = [name for name in (AHUS[ahu % NAMES], AHUS[ahu // NAMES]) if name is not None]
        ahus = names if ahu % 3 == 1 and names else None
        return {"from": str(min(days)), "until": str(max(days)), "ahus": ahus}


def numeric(number: int) -> str:
    """A value, as SQL."""
    value = NUMBERS[number % VALUES]
    return "null::numeric" if value is None else f"numeric '{value}'"


def column(number: int) -> str:
    """A column that holds values."""
    return COLUMNS[number % PLACES]


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def copied(rows: list[Row]) -> Iterator[str]:
    """The lines that COPY reads; only literals can be copied."""
    for row in rows:
        fields = [_copied(part) for part in (row.time, row.ahu, row.value, row.other)]
        yield "\t".join(fields)


def _copied(literal: str) -> str:
    if literal.startswith("null"):
        return "\\N"
    value = literal[literal.index("'") + 1 : -1].replace("''", "'")
    return value.replace("\\", "\\\\")
