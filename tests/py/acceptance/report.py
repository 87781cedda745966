"""What was measured, as tables for a terminal. Waits are in milliseconds, but where it says s."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from acceptance.criteria import ALL_ROLES, Criterion
from acceptance.measuring import Measured
from ahu_sql.table import format_table
from crowd import Outcome, percentile

PERCENTS = (50, 95, 99)
MOST_ERRORS = 5


def report(measured: Measured, criteria: Sequence[Criterion], clients: int) -> str:
    """All tables, the criteria last."""
    return "\n".join(
        line
        for part in (
            _waits(measured, clients),
            _raw_charts(measured),
            _ways(measured),
            _steps(measured),
            _connections(measured),
            _errors(measured),
            _criteria(criteria),
        )
        for line in part
    )


def _waits(measured: Measured, clients: int) -> Iterator[str]:
    evidence = measured.evidence
    yield f"what {clients} dashboards wait for, in ms: at rest, and while the ETL loads (ETL)"
    percents = [f"p{percent}" for percent in PERCENTS]
    columns = ["question", "one alone", *percents, *(f"ETL {name}" for name in percents)]
    columns += ["answers", "ETL answers"]
    rows = [
        (
            name,
            _ms(measured.alone[name]),
            *_percentiles(evidence.rest, name),
            *(_percentiles(evidence.loaded, name) if evidence.loaded else (None, None, None)),
            len(evidence.rest.waits.get(name, ())),
            len(evidence.loaded.waits.get(name, ())) if evidence.loaded else None,
        )
        for name in evidence.asked
    ]
    yield format_table(columns, rows)


def _raw_charts(measured: Measured) -> Iterator[str]:
    """Views and pooler against raw and none."""
    before, loaded = measured.before, measured.evidence.loaded
    if before is None or loaded is None or measured.alone_raw is None:
        return
    yield ""
    yield "the same charts as it was: from the raw table, without a pooler, in ms; ETL: p95"
    rows = []
    for name in measured.evidence.asked:
        raw, view = measured.alone_raw[name], measured.alone[name]
        slow = percentile(before.waits.get(name, []), 95)
        fast = percentile(loaded.waits.get(name, []), 95)
        rows.append(
            (name, _ms(view), _ms(raw), _times(raw, view), _ms(fast), _ms(slow), _times(slow, fast))
        )
    yield format_table(
        ["question", "one alone", "as it was", "times", "ETL", "as it was", "times"], rows
    )


def _ways(measured: Measured) -> Iterator[str]:
    yield ""
    yield "the same crowd by its way to the server, in ms:"
    rows = [
        (
            way,
            round((len(outcome.all_waits) - outcome.given_up) / outcome.seconds, 1),
            *(_ms(percentile(outcome.all_waits, percent)) for percent in PERCENTS),
            _ms(max(outcome.all_waits, default=math.inf)),
            outcome.given_up,
            outcome.errors.total(),
            outcome.peaks.get(ALL_ROLES),
        )
        for way, outcome in _outcomes(measured).items()
    ]
    yield format_table(
        ["way", "answers/s", "p50", "p95", "p99", "longest", "given up", "errors", "connections"],
        rows,
    )


def _steps(measured: Measured) -> Iterator[str]:
    """How the ETL gets on."""
    ways = {way: outcome for way, outcome in _outcomes(measured).items() if outcome.steps}
    if not ways:
        return
    yield ""
    yield "what the ETL's statements take meanwhile, in ms, p50 and p95:"
    names = dict.fromkeys(name for outcome in ways.values() for name in outcome.steps)
    rows = [
        (
            name,
            *(
                _ms(percentile(outcome.steps.get(name, ()), percent))
                for outcome in ways.values()
                for percent in (50, 95)
            ),
        )
        for name in names
    ]
    yield format_table(["statement", *(text for way in ways for text in (way, "p95"))], rows)


def _connections(measured: Measured) -> Iterator[str]:
    evidence = measured.evidence
    if not evidence.watched:
        return
    yield ""
    yield "connections to the server, the most at once:"
    both = {"at rest": evidence.rest, "ETL": evidence.loaded}
    limits = {**measured.limits_of_roles, ALL_ROLES: evidence.open_to_all}
    rows = [
        (
            role,
            *(outcome.peaks.get(role, 0) if outcome else None for outcome in both.values()),
            evidence.promised.get(role),
            limits.get(role),
        )
        for role in (*evidence.promised, "ahu_pgbouncer", ALL_ROLES)
    ]
    yield format_table(["role", *both, "of the pool", "limit"], rows)


def _errors(measured: Measured) -> Iterator[str]:
    for way, outcome in _outcomes(measured).items():
        if outcome.errors:
            yield ""
            yield f"errors, {way}:"
            yield from (
                f"{count:7,}  {' '.join(text.split())}"
                for text, count in outcome.errors.most_common(MOST_ERRORS)
            )


def _outcomes(measured: Measured) -> Mapping[str, Outcome]:
    """By the way; the first two go through the pooler."""
    evidence = measured.evidence
    ways = {
        "at rest": evidence.rest if evidence.loaded is not evidence.rest else None,
        "ETL": evidence.loaded,
        "no pooler": measured.direct,
        "as it was": measured.before,
    }
    return {way: outcome for way, outcome in ways.items() if outcome is not None}


def _criteria(criteria: Sequence[Criterion]) -> Iterator[str]:
    yield ""
    rows = [
        (one.design, one.what, f"<= {one.limit:g}", _measured(one), _verdict(one))
        for one in criteria
    ]
    yield format_table(["criterion of the design", "what", "limit", "measured", "holds"], rows)


def _measured(criterion: Criterion) -> str:
    if criterion.measured is None:
        return "not measured"
    return "no answer" if math.isinf(criterion.measured) else f"{criterion.measured:.3g}"


def _verdict(criterion: Criterion) -> str:
    return {True: "yes", False: "NO", None: "?"}[criterion.holds]


def _percentiles(outcome: Outcome, name: str) -> tuple[float | None, ...]:
    return tuple(_percentile(outcome.waits.get(name, ()), percent) for percent in PERCENTS)


def _percentile(waits: Sequence[float], percent: int) -> float | None:
    return _ms(percentile(waits, percent))


def _ms(seconds: float) -> float | None:
    """With a digit more where it is short; None: there was none."""
    if math.isinf(seconds):
        return None
    return round(seconds * 1000, 1) if seconds < 0.1 else round(seconds * 1000)


def _times(slow: float, fast: float) -> float | None:
    return None if math.isinf(slow) or math.isinf(fast) or not fast else round(slow / fast, 1)
