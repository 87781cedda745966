"""The success criteria of the design, and whether what was measured meets them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from acceptance.questions import CHARTS
from crowd import Outcome, percentile

RESPONSIVE = "dashboards stay responsive during ETL runs"
SPIKES = "no connection spikes"
TIMEOUTS = "no timeouts at peak usage"
SECONDS = "charts load under a few seconds"
FRESH = "what was loaded is in the charts"

ALL_ROLES = "all roles"


@dataclass(frozen=True)
class Limits:
    """What a wait may be, in seconds.

    responsive_s: what 95 % of the answers to each question keep to while the ETL loads. After a
    second people's thoughts leave what they do: J. Nielsen, Usability Engineering (1993), 5.5.
    chart_s: "a few seconds", for 99 % of each summary chart, whatever else goes on.
    """

    responsive_s: float = 1.0
    chart_s: float = 3.0


@dataclass(frozen=True)
class Criterion:
    """design: its words. what: was measured. measured: None: it was not."""

    design: str
    what: str
    limit: float
    measured: float | None

    @property
    def holds(self) -> bool | None:
        """None: who knows."""
        return None if self.measured is None else self.measured <= self.limit


@dataclass(frozen=True)
class Evidence:
    """What a run gave.

    asked: names of the questions. rest: without an ETL of ours. loaded: beside an ETL, which may be
    the same; None: there was none. promised: connections by role; open_to_all: what the server has
    for all roles. watched: whether connections were seen. differing: keys whose views are not what
    raw says; None: not compared.
    """

    asked: tuple[str, ...]
    rest: Outcome
    loaded: Outcome | None
    promised: Mapping[str, int]
    open_to_all: int
    watched: bool
    differing: int | None

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Two, or one: at a site whose ETL is not ours there may be no rest."""
        if self.loaded is None or self.loaded is self.rest:
            return (self.rest,)
        return (self.rest, self.loaded)


def judge(evidence: Evidence, limits: Limits) -> tuple[Criterion, ...]:
    """Every criterion, in the order of the design."""
    return (
        _responsive(evidence, limits.responsive_s),
        *_connections(evidence),
        _failures(evidence),
        _charts(evidence, limits.chart_s),
        Criterion(FRESH, "AHUs' days that differ from raw", 0, evidence.differing),
    )


def _responsive(evidence: Evidence, limit_s: float) -> Criterion:
    if evidence.loaded is None:
        return Criterion(RESPONSIVE, "no ETL ran meanwhile", limit_s, None)
    name, wait = _slowest([evidence.loaded], evidence.asked, 95)
    return Criterion(RESPONSIVE, f"p95, s: {name}", limit_s, wait)


def _charts(evidence: Evidence, limit_s: float) -> Criterion:
    charts = [name for name in evidence.asked if name in CHARTS]
    name, wait = _slowest(evidence.outcomes, charts, 99)
    return Criterion(SECONDS, f"p99, s: {name}", limit_s, wait)


def _connections(evidence: Evidence) -> Iterable[Criterion]:
    for role, limit in (*evidence.promised.items(), (ALL_ROLES, evidence.open_to_all)):
        peak = max(outcome.peaks.get(role, 0) for outcome in evidence.outcomes)
        yield Criterion(SPIKES, f"most of {role}", limit, peak if evidence.watched else None)


def _failures(evidence: Evidence) -> Criterion:
    """A question that was given up counts as one that failed."""
    failed = sum(o.errors.total() + o.given_up for o in evidence.outcomes)
    tried = failed + sum(o.served.total() + _steps(o) for o in evidence.outcomes)
    return Criterion(TIMEOUTS, f"failed, of {tried:,}", 0, failed)


def _steps(outcome: Outcome) -> int:
    return sum(len(waits) for waits in outcome.steps.values())


def _slowest(outcomes: Iterable[Outcome], names: Iterable[str], percent: int) -> tuple[str, float]:
    """The question that is slowest, and how long its answers take; infinite: it had none."""
    waits = [
        (percentile(outcome.waits.get(name, []), percent), name)
        for outcome in outcomes
        for name in names
    ]
    wait, name = max(waits, default=(math.inf, "nothing was asked"))
    return name, wait
