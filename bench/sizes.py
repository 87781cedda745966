"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """So many AHUs with so many days of rollups; raw readings may be of fewer days."""

    ahus: int
    days: int

    @property
    def keys(self) -> int:
        """Rows of the daily rollup."""
        return self.ahus * self.days


@dataclass(frozen=True)
class Size:
    """Of a run.

    histories: days of readings of the plants that are compared, each some times the one before.
    rounds: of what takes milliseconds; slow_rounds: of what goes through all of history.
    one_session_days: history on PGlite. bulk: readings of a large statement; minutes: AHUs with a
    reading a minute; old: days that dashboards look back; grown: the plants of the last comparison.
    """

    name: str
    ahus: int
    histories: tuple[int, ...]
    one_session_days: int
    rounds: int
    slow_rounds: int
    bulk: int
    bulk_rounds: int
    small_statements: int
    minutes: int
    old: int
    grown: tuple[Plant, Plant]


SIZES = {
    size.name: size
    for size in (
        Size(
            name="tiny",
            ahus=4,
            histories=(2, 6),
            one_session_days=6,
            rounds=2,
            slow_rounds=1,
            bulk=400,
            bulk_rounds=1,
            small_statements=2,
            minutes=5,
            old=100,
            grown=(Plant(4, 40), Plant(9, 80)),
        ),
        Size(
            name="small",
            ahus=45,
            histories=(9, 90),
            one_session_days=30,
            rounds=15,
            slow_rounds=3,
            bulk=100_000,
            bulk_rounds=5,
            small_statements=80,
            minutes=200,
            old=1826,
            grown=(Plant(45, 730), Plant(200, 1461)),
        ),
        Size(
            name="full",
            ahus=45,
            histories=(19, 186, 741),
            one_session_days=93,
            rounds=31,
            slow_rounds=3,
            bulk=100_000,
            bulk_rounds=9,
            small_statements=300,
            minutes=1000,
            old=1826,
            grown=(Plant(45, 730), Plant(1000, 3653)),
        ),
    )
}
