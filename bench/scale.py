"""From two measured plants to larger ones, by straight lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from bench.contenders import OURS
from bench.results import Key, Results
from bench.scenarios import dashboards, growth, minutes
from bench.sites import MINUTES, PER_DAY

PLANTS = (45, 1_000, 10_000, 100_000)
YEARS = 10
INTERVAL_MS = MINUTES * 60 * 1000


@dataclass(frozen=True)
class Line:
    """What grows with the number of AHUs."""

    fixed: float
    per_ahu: float

    def at(self, ahus: float) -> float:
        """By the line."""
        return self.fixed + self.per_ahu * ahus

    def reaches(self, limit: float) -> float:
        """How many AHUs it takes."""
        return (limit - self.fixed) / self.per_ahu


@dataclass(frozen=True)
class Quantity:
    """One thing that grows. limit: beyond which something has to be done; then: what."""

    name: str
    unit: str
    line: Line
    limit: float
    then: str

    @property
    def ahus(self) -> float:
        """Where the limit is reached."""
        return self.line.reaches(self.limit)


SEVERAL_SITES = "separate sites, each with a database and a refresh of its own, or Citus by AHU"


def _each_minute(results: Results, server: str) -> Iterator[Quantity]:
    """A refresh after each minute's readings: in proportion to the one plant measured."""
    for key in results.keys(server=server, scenario=minutes.SCENARIO, contender=OURS):
        ahus = key.size / (24 * 60)
        percents = 100 * (results.typical(key) or 0) / 60_000
        name = "with a reading a minute: refresh after each, of its minute"
        yield Quantity(name, "%", Line(0, percents / ahus), 50, SEVERAL_SITES)


def quantities(results: Results, server: str) -> list[Quantity]:
    """What gives first comes first; empty where nothing was measured on two plants."""
    sizes = results.sizes(server=server, scenario=growth.SCENARIO, case=growth.BATCH)
    if len(sizes) != 2:
        return []

    def measured(case: str, unit: str = "ms") -> list[float]:
        values = [
            results.typical(Key(server, growth.SCENARIO, case, size, OURS, unit)) for size in sizes
        ]
        return [value for value in values if value is not None]

    ahus = measured(growth.BATCH, "AHUs")

    def line(case: str, unit: str = "ms", scale: float = 1) -> Line:
        first, second = (value * scale for value in measured(case, unit))
        per_ahu = (second - first) / (ahus[1] - ahus[0])
        return Line(first - per_ahu * ahus[0], per_ahu)

    row, reading = (measured(case, "bytes")[-1] for case in (growth.DAILY_ROW, growth.READING))
    share = 100 / INTERVAL_MS
    found = [
        *_each_minute(results, server),
        Quantity(
            f"refresh after each batch, of its {MINUTES} minutes",
            "%",
            line(growth.BATCH, scale=share),
            50,
            SEVERAL_SITES,
        ),
        Quantity(
            f"the ETL's statement, of its {MINUTES} minutes",
            "%",
            line(growth.STATEMENT, scale=share),
            50,
            "several ETL sessions; then Citus or separate sites",
        ),
        Quantity(
            "30 days of all AHUs at once",
            "ms",
            line(dashboards.MONTH_OF_ALL),
            3000,
            "ask for some AHUs, or for their sum; standbys behind ahu_read take the readers",
        ),
        Quantity(
            "all months of all AHUs at once",
            "ms",
            line(dashboards.MONTHS_OF_ALL),
            3000,
            "ask for some AHUs, or for their sum; standbys behind ahu_read take the readers",
        ),
        Quantity(
            "log of the server (WAL), MB/s",
            "MB/s",
            line(growth.WAL, "bytes", 1000 / INTERVAL_MS / 1e6),
            50,
            "less of it: a longer checkpoint interval, WAL compression; then separate sites",
        ),
        Quantity(
            f"daily rollup of {YEARS} years",
            "GB",
            Line(0, row * 365.25 * YEARS / 1e9),
            100,
            "the rollup partitioned by year, so that this year's part fits into memory",
        ),
        Quantity(
            "raw readings of a year",
            "GB",
            Line(0, reading * PER_DAY * 365.25 / 1e9),
            2000,
            "retention, or TimescaleDB's columnstore for what is older than some weeks",
        ),
    ]
    return sorted((one for one in found if one.line.per_ahu > 0), key=attrgetter("ahus"))
