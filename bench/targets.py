"""What was aimed at, and how far what was measured is from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.contenders import ADDED, AGGREGATES, BARE, MAINTAINED, OURS, THREE_VIEWS
from bench.estimate import Estimate, of_one, of_ratio
from bench.results import Key, Results
from bench.scenarios import backfill, dashboards, growth, maintained, minutes, refreshes, tracking
from bench.servers_measured import MEASURED

LONGEST_HISTORY = 12
"""The target speaks of 10 times the history."""


@dataclass(frozen=True)
class Verdict:
    """A target on a server. limit: None: told, but nothing was aimed at.

    at_least: whether measured is to be that much or more; else it is to be that much or less.
    """

    number: int
    what: str
    server: str
    measured: Estimate
    unit: str
    limit: float | None
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether it is met; None where nothing was aimed at."""
        if self.limit is None:
            return None
        value = self.measured.value
        return value >= self.limit if self.at_least else value <= self.limit

    @property
    def is_close(self) -> bool:
        """Whether another run might say otherwise."""
        return self.limit is not None and self.measured.may_be(self.limit)

    @property
    def missed_by(self) -> float | None:
        """How many times further it would have to be; of percents, how many too many."""
        if self.holds is not False or not self.limit:
            return None
        value = self.measured.value
        if self.unit == "%":
            return value - self.limit
        return self.limit / value if self.at_least else value / self.limit


def judge(results: Results) -> list[Verdict]:
    """Every target, by its number."""
    verdicts = [
        verdict
        for server in dict.fromkeys(key.server for key in results.series)
        for of_target in (
            _batch,
            _corrected,
            _late,
            _new_session,
            _history,
            _tracking,
            _backfill,
            _dashboards,
            _minutes,
            _growth,
            _maintained,
        )
        for verdict in of_target(_Measured(results, server))
    ]
    return sorted(verdicts, key=lambda verdict: verdict.number)


@dataclass(frozen=True)
class _Measured:
    """Results of one server."""

    results: Results
    server: str

    def sizes(self, scenario: str, case: str) -> list[int]:
        """At which it was measured, ascending."""
        return self.results.sizes(server=self.server, scenario=scenario, case=case)

    def series(
        self, scenario: str, case: str, size: int, contender: str = OURS, unit: str = "ms"
    ) -> list[float]:
        """All of one contender's; empty: it was not measured."""
        key = Key(self.server, scenario, case, size, contender, unit)
        return self.results.series.get(key, [])

    def one(self, scenario: str, case: str, size: int) -> Estimate | None:
        """Ours, in ms."""
        values = self.series(scenario, case, size)
        return of_one(values) if values else None

    def ms_limit(self, limit: float) -> float | None:
        """What is aimed at in ms, which is for servers that are no WebAssembly."""
        return None if MEASURED[self.server].one_session else limit

    def times(
        self, scenario: str, case: str, size: int, upper: str, lower: str, unit: str = "ms"
    ) -> Estimate | None:
        """One contender's median by another's."""
        above = self.series(scenario, case, size, upper, unit)
        below = self.series(scenario, case, size, lower, unit)
        return of_ratio(above, below) if above and below else None


def _batch(measured: _Measured) -> Iterator[Verdict]:
    case = (refreshes.SCENARIO, refreshes.BATCH)
    for size in measured.sizes(*case):
        at = short(size)
        if (times := measured.times(*case, size, OURS, BARE)) is not None:
            what = f"batch: refresh / bare upsert, {at}"
            yield Verdict(1, what, measured.server, times, "x", 1.5)
        if (times := measured.times(*case, size, OURS, ADDED)) is not None:
            yield Verdict(
                1, f"batch: refresh / bare addition, {at}", measured.server, times, "x", None
            )
        if (times := measured.times(*case, size, THREE_VIEWS, OURS)) is not None:
            what = f"batch: three materialized views / refresh, {at}"
            limit = _times_of_views(size)
            yield Verdict(1, what, measured.server, times, "x", limit, at_least=True)
        if (times := measured.times(*case, size, OURS, AGGREGATES)) is not None:
            what = f"batch: refresh / continuous aggregates, {at}"
            yield Verdict(1, what, measured.server, times, "x", 0.6)


def _corrected(measured: _Measured) -> Iterator[Verdict]:
    """Nothing was aimed at: days are summed up again then, by whomever."""
    case = (refreshes.SCENARIO, refreshes.CORRECTED)
    for size in measured.sizes(*case):
        if (times := measured.times(*case, size, OURS, BARE)) is not None:
            what = f"{refreshes.CORRECTED}: refresh / bare upsert, {short(size)}"
            yield Verdict(1, what, measured.server, times, "x", None)


def _times_of_views(size: int) -> float | None:
    """The targets name 2 and 8 million readings."""
    millions = round(size / 1_000_000)
    return {2: 300.0, 8: 1000.0}.get(millions)


def _late(measured: _Measured) -> Iterator[Verdict]:
    case = (refreshes.SCENARIO, refreshes.LATE)
    for size in measured.sizes(*case):
        at = short(size)
        if (ms := measured.one(*case, size)) is not None:
            what = f"late reading: refresh, {at}"
            yield Verdict(2, what, measured.server, ms, "ms", measured.ms_limit(5))
        if (times := measured.times(*case, size, OURS, BARE)) is not None:
            what = f"late reading: refresh / bare upsert, {at}"
            yield Verdict(2, what, measured.server, times, "x", None)
        if (times := measured.times(*case, size, AGGREGATES, OURS)) is not None:
            what = f"late reading: continuous aggregates / refresh, {at}"
            yield Verdict(2, what, measured.server, times, "x", 10, at_least=True)


def _new_session(measured: _Measured) -> Iterator[Verdict]:
    """Nothing was aimed at here, but this is how Airflow comes."""
    case = (refreshes.SCENARIO, refreshes.NEW_SESSION)
    for size in measured.sizes(*case)[-1:]:
        what = f"{refreshes.NEW_SESSION}: refresh, {short(size)}"
        if (ms := measured.one(*case, size)) is not None:
            yield Verdict(2, what, measured.server, ms, "ms", None)
        if (times := measured.times(*case, size, OURS, BARE)) is not None:
            what = what.replace("refresh", "refresh / bare upsert")
            yield Verdict(2, what, measured.server, times, "x", None)


def _history(measured: _Measured) -> Iterator[Verdict]:
    for name in (refreshes.BATCH, refreshes.LATE):
        sizes = measured.sizes(refreshes.SCENARIO, name)
        for size in sizes[1:]:
            before = measured.series(refreshes.SCENARIO, name, sizes[0])
            after = measured.series(refreshes.SCENARIO, name, size)
            if before and after:
                times = size / sizes[0]
                what = f"{name}: {times:.0f} times the history adds"
                limit = 20.0 if times < LONGEST_HISTORY else None
                added = of_ratio(after, before).then(_percents_more)
                yield Verdict(3, what, measured.server, added, "%", limit)
    for size in measured.sizes(refreshes.SCENARIO, refreshes.NOTHING)[-1:]:
        ms = measured.one(refreshes.SCENARIO, refreshes.NOTHING, size)
        if ms is not None:
            what = f"nothing pending: refresh, {short(size)}"
            yield Verdict(3, what, measured.server, ms, "ms", measured.ms_limit(2))


def _tracking(measured: _Measured) -> Iterator[Verdict]:
    limits = {
        tracking.LARGE: 10.0,
        tracking.COPIED: 10.0,
        tracking.SMALL: 25.0,
        tracking.SMALL_KEYS: None,
        tracking.SMALL_UNSYNCED: None,
    }
    for case, limit in limits.items():
        for size in measured.sizes(tracking.SCENARIO, case):
            name = (tracking.SCENARIO, case, size)
            what = f"{case} of {size:,}"
            if (times := measured.times(*name, OURS, tracking.UNTRACKED)) is not None:
                added = times.then(_percents_more)
                yield Verdict(4, f"{what}: tracking adds", measured.server, added, "%", limit)
            if case == tracking.SMALL_KEYS:
                continue
            if (times := measured.times(*name, tracking.WATCHED, tracking.UNTRACKED)) is not None:
                added = times.then(_percents_more)
                told = f"{what}: a trigger that does nothing adds"
                yield Verdict(4, told, measured.server, added, "%", None)
            if (times := measured.times(*name, OURS, AGGREGATES)) is not None:
                what = f"{what}: with ours / aggregates"
                yield Verdict(4, what, measured.server, times, "x", 1)


def _backfill(measured: _Measured) -> Iterator[Verdict]:
    sizes = measured.sizes(backfill.SCENARIO, backfill.WHOLE)
    for size in sizes:
        times = measured.times(backfill.SCENARIO, backfill.WHOLE, size, OURS, BARE)
        if times is not None:
            what = f"backfill / bare statements, {short(size)}"
            yield Verdict(5, what, measured.server, times, "x", 1.2)
    if len(sizes) > 1:
        before, after = (
            measured.series(backfill.SCENARIO, backfill.MEMORY, size, unit="MB")
            for size in sizes[-2:]
        )
        if before and after:
            what = f"backfill: memory at {short(sizes[-1])} / at {short(sizes[-2])}"
            yield Verdict(5, what, measured.server, of_ratio(after, before), "x", 1.2)


def _dashboards(measured: _Measured) -> Iterator[Verdict]:
    for name in dashboards.ASKED:
        for size in measured.sizes(dashboards.SCENARIO, name):
            case = (dashboards.SCENARIO, name, size)
            if (times := measured.times(*case, OURS, dashboards.ANSWER)) is not None:
                what = f"{name}: view / table of the answer"
                yield Verdict(6, what, measured.server, times, "x", 1.2)
            if (times := measured.times(*case, dashboards.RAW, OURS)) is not None:
                what = f"{name}: raw / view"
                yield Verdict(6, what, measured.server, times, "x", 100, at_least=True)


def _minutes(measured: _Measured) -> Iterator[Verdict]:
    for size in measured.sizes(minutes.SCENARIO, minutes.CASE):
        times = measured.times(minutes.SCENARIO, minutes.CASE, size, BARE, OURS)
        if times is not None:
            what = f"a minute more of a day of {short(size)}: bare upsert / refresh"
            yield Verdict(7, what, measured.server, times, "x", 20, at_least=True)


def _growth(measured: _Measured) -> Iterator[Verdict]:
    for name in (
        growth.BATCH,
        growth.LATE,
        dashboards.MONTH_OF_ALL,
        dashboards.YEARS_OF_ONE,
        dashboards.MONTHS_OF_ALL,
    ):
        sizes = measured.sizes(growth.SCENARIO, name)
        per_row = [
            [ms / rows[0] for ms in measured.series(growth.SCENARIO, name, size)]
            for size in sizes
            if (rows := measured.series(growth.SCENARIO, name, size, unit="rows"))
        ]
        if len(per_row) == 2:
            what = f"{name}, per row: {short(sizes[1])} keys / {short(sizes[0])}"
            yield Verdict(8, what, measured.server, of_ratio(per_row[1], per_row[0]), "x", 2)


def _maintained(measured: _Measured) -> Iterator[Verdict]:
    """Nothing was aimed at beside pg_ivm."""
    for target, case in ((1, maintained.BATCH), (2, maintained.LATE)):
        for size in measured.sizes(maintained.SCENARIO, case):
            times = measured.times(maintained.SCENARIO, case, size, MAINTAINED, OURS)
            if times is not None:
                what = f"{case}, with its statement: pg_ivm / ours, {short(size)}"
                yield Verdict(target, what, measured.server, times, "x", None, at_least=True)


def _percents_more(times: float) -> float:
    return 100 * (times - 1)


def short(count: int) -> str:
    """Such as 8.0 million."""
    return f"{count / 1e6:.1f} million" if count >= 1e6 else f"{count:,}"
