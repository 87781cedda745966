"""What was aimed at, and how far what was measured is from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.contenders import ADDED, AGGREGATES, BARE, MAINTAINED, OURS, THREE_VIEWS
from bench.estimate import Estimate, of_one, of_ratio
from bench.results import Key, Results
from bench.scenarios import backfill, dashboards, growth, maintained, minutes, refreshes, tracking
from bench.servers_measured import MEASURED

LONGEST_HISTORY = 12
"""The target speaks of 10 times the history."""

Case = tuple[str, str, int]
"""A scenario, what it measures, and at which size."""


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

    def ratio(
        self,
        number: int,
        what: str,
        case: Case,
        upper: str,
        lower: str,
        limit: float | None = None,
        *,
        at_least: bool = False,
    ) -> Iterator[Verdict]:
        """One contender's median by another's, where both were measured."""
        above, below = self.series(*case, upper), self.series(*case, lower)
        if above and below:
            times = of_ratio(above, below)
            yield Verdict(number, what, self.server, times, "x", limit, at_least)

    def more(
        self,
        number: int,
        what: str,
        after: Sequence[float],
        before: Sequence[float],
        limit: float | None = None,
    ) -> Iterator[Verdict]:
        """By how many percents one series is above another, where both were measured."""
        if after and before:
            added = of_ratio(after, before).then(lambda times: 100 * (times - 1))
            yield Verdict(number, what, self.server, added, "%", limit)


def _batch(measured: _Measured) -> Iterator[Verdict]:
    for size in measured.sizes(refreshes.SCENARIO, refreshes.BATCH):
        case, at = (refreshes.SCENARIO, refreshes.BATCH, size), short(size)
        yield from measured.ratio(1, f"batch: refresh / bare upsert, {at}", case, OURS, BARE, 1.5)
        yield from measured.ratio(1, f"batch: refresh / bare addition, {at}", case, OURS, ADDED)
        what = f"batch: three materialized views / refresh, {at}"
        limit = _times_of_views(size)
        yield from measured.ratio(1, what, case, THREE_VIEWS, OURS, limit, at_least=True)
        what = f"batch: refresh / continuous aggregates, {at}"
        yield from measured.ratio(1, what, case, OURS, AGGREGATES, 0.6)


def _corrected(measured: _Measured) -> Iterator[Verdict]:
    """Nothing was aimed at: days are summed up again then, by whomever."""
    for size in measured.sizes(refreshes.SCENARIO, refreshes.CORRECTED):
        case = (refreshes.SCENARIO, refreshes.CORRECTED, size)
        what = f"{refreshes.CORRECTED}: refresh / bare upsert, {short(size)}"
        yield from measured.ratio(1, what, case, OURS, BARE)


def _times_of_views(size: int) -> float | None:
    """The targets name 2 and 8 million readings."""
    millions = round(size / 1_000_000)
    return {2: 300.0, 8: 1000.0}.get(millions)


def _late(measured: _Measured) -> Iterator[Verdict]:
    for size in measured.sizes(refreshes.SCENARIO, refreshes.LATE):
        case, at = (refreshes.SCENARIO, refreshes.LATE, size), short(size)
        if (ms := measured.one(*case)) is not None:
            what = f"late reading: refresh, {at}"
            yield Verdict(2, what, measured.server, ms, "ms", measured.ms_limit(5))
        yield from measured.ratio(2, f"late reading: refresh / bare upsert, {at}", case, OURS, BARE)
        what = f"late reading: continuous aggregates / refresh, {at}"
        yield from measured.ratio(2, what, case, AGGREGATES, OURS, 10, at_least=True)


def _new_session(measured: _Measured) -> Iterator[Verdict]:
    """Nothing was aimed at here, but this is how Airflow comes."""
    for size in measured.sizes(refreshes.SCENARIO, refreshes.NEW_SESSION)[-1:]:
        case = (refreshes.SCENARIO, refreshes.NEW_SESSION, size)
        if (ms := measured.one(*case)) is not None:
            what = f"{refreshes.NEW_SESSION}: refresh, {short(size)}"
            yield Verdict(2, what, measured.server, ms, "ms", None)
        what = f"{refreshes.NEW_SESSION}: refresh / bare upsert, {short(size)}"
        yield from measured.ratio(2, what, case, OURS, BARE)


def _history(measured: _Measured) -> Iterator[Verdict]:
    for name in (refreshes.BATCH, refreshes.LATE):
        shortest, *longer = measured.sizes(refreshes.SCENARIO, name) or [0]
        for size in longer:
            times = size / shortest
            yield from measured.more(
                3,
                f"{name}: {times:.0f} times the history adds",
                measured.series(refreshes.SCENARIO, name, size),
                measured.series(refreshes.SCENARIO, name, shortest),
                20.0 if times < LONGEST_HISTORY else None,
            )
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
    for name, limit in limits.items():
        for size in measured.sizes(tracking.SCENARIO, name):
            case = (tracking.SCENARIO, name, size)
            untracked = measured.series(*case, tracking.UNTRACKED)
            what = f"{name} of {size:,}"
            ours = measured.series(*case)
            yield from measured.more(4, f"{what}: tracking adds", ours, untracked, limit)
            if name == tracking.SMALL_KEYS:
                continue
            told = f"{what}: a trigger that does nothing adds"
            watched = measured.series(*case, tracking.WATCHED)
            yield from measured.more(4, told, watched, untracked)
            what = f"{what}: with ours / aggregates"
            yield from measured.ratio(4, what, case, OURS, AGGREGATES, 1)


def _backfill(measured: _Measured) -> Iterator[Verdict]:
    sizes = measured.sizes(backfill.SCENARIO, backfill.WHOLE)
    for size in sizes:
        case = (backfill.SCENARIO, backfill.WHOLE, size)
        what = f"backfill / bare statements, {short(size)}"
        yield from measured.ratio(5, what, case, OURS, BARE, 1.2)
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
            what = f"{name}: view / table of the answer"
            yield from measured.ratio(6, what, case, OURS, dashboards.ANSWER, 1.2)
            what = f"{name}: raw / view"
            yield from measured.ratio(6, what, case, dashboards.RAW, OURS, 100, at_least=True)


def _minutes(measured: _Measured) -> Iterator[Verdict]:
    for size in measured.sizes(minutes.SCENARIO, minutes.CASE):
        case = (minutes.SCENARIO, minutes.CASE, size)
        what = f"a minute more of a day of {short(size)}: bare upsert / refresh"
        yield from measured.ratio(7, what, case, BARE, OURS, 20, at_least=True)


def _growth(measured: _Measured) -> Iterator[Verdict]:
    for name in (growth.BATCH, growth.LATE, *dashboards.QUESTIONS):
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
    for target, name in ((1, maintained.BATCH), (2, maintained.LATE)):
        for size in measured.sizes(maintained.SCENARIO, name):
            case = (maintained.SCENARIO, name, size)
            what = f"{name}, with its statement: pg_ivm / ours, {short(size)}"
            yield from measured.ratio(target, what, case, MAINTAINED, OURS, at_least=True)


def short(count: int) -> str:
    """Such as 8.0 million."""
    return f"{count / 1e6:.1f} million" if count >= 1e6 else f"{count:,}"
