"""What a run has measured, in memory and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from bench.clock import typical


@dataclass(frozen=True)
class Key:
    """What a series of numbers is about.

    size: raw readings, or keys, whatever grows in the scenario. contender: who was measured.
    """

    server: str
    scenario: str
    case: str
    size: int
    contender: str
    unit: str = "ms"


@dataclass
class Results:
    """All series of a run, and what else is to be told of it.

    about: facts of the machine and the run. titles: by server. agreed: rows of answers that were
    the same for all contenders, by scenario. plans: by server and title.
    """

    about: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    agreed: dict[str, int] = field(default_factory=dict)
    plans: dict[str, dict[str, str]] = field(default_factory=dict)
    series: dict[Key, list[float]] = field(default_factory=dict)

    def add(self, key: Key, *values: float) -> None:
        """More numbers of a series."""
        self.series.setdefault(key, []).extend(values)

    def typical(self, key: Key) -> float | None:
        """The median, or None where it was not measured."""
        values = self.series.get(key)
        return typical(values) if values else None

    def keys(self, **wanted: str | int) -> list[Key]:
        """Series with these attributes, in the order in which they were measured."""
        return [
            key
            for key in self.series
            if all(getattr(key, name) == value for name, value in wanted.items())
        ]

    def sizes(self, **wanted: str | int) -> list[int]:
        """Of such series, ascending."""
        return sorted({key.size for key in self.keys(**wanted)})

    def write(self, path: Path) -> None:
        """As JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = {one.name: getattr(self, one.name) for one in fields(self)}
        whole["series"] = [asdict(key) | {"values": some} for key, some in self.series.items()]
        path.write_text(json.dumps(whole, indent=1) + "\n")


def read_results(path: Path) -> Results:
    """What `write` wrote."""
    known = json.loads(path.read_text())
    series = _series(known.pop("series"))
    return Results(**known, series=series)


def _series(rows: Iterable[Mapping[str, object]]) -> dict[Key, list[float]]:
    found: dict[Key, list[float]] = {}
    for row in rows:
        known = dict(row)
        values = known.pop("values")
        assert isinstance(values, list)
        found[Key(**known)] = values  # type: ignore[arg-type]
    return found
