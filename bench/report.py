"""What was measured, as text: for a terminal, and as docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import jinja2

from bench.contenders import OURS
from bench.plans import sequential_scans
from bench.results import Key, Results
from bench.scale import PLANTS, Quantity, quantities
from bench.scenarios import growth
from bench.sites import PER_DAY, SETTINGS
from bench.targets import Verdict, judge, short

TITLES = {
    "refresh": "Refreshes",
    "maintained": "A batch until the answers are right",
    "tracking": "What tracking costs the ETL",
    "backfill": "Backfill",
    "dashboard": "Dashboards",
    "minutes": "A reading a minute",
}
GROWTH = "A large plant beside an ordinary one"
TEMPLATE = Path(__file__).with_name("page.md.j2")


def page(results: Results, pictures: dict[str, str]) -> str:
    """All of docs/performance.md. pictures: titles by file."""
    verdicts = judge(results)
    found: list[Quantity] = []
    scale_server = ""
    for scale_server in results.titles:
        if found := quantities(results, scale_server):
            break
    template = jinja2.Template(
        TEMPLATE.read_text(encoding="utf-8"),
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    rendered: str = template.render(
        command=results.about.get("command", "make bench"),
        targets=_table(HEADINGS, map(_cells, verdicts)),
        pictures=pictures,
        about={name: value for name, value in results.about.items() if name != "command"},
        servers=results.titles,
        skipped=results.skipped,
        agreed=sum(results.agreed.values()),
        per_day=PER_DAY,
        missed={verdict.number for verdict in verdicts if verdict.holds is False},
        settings=", ".join(f"`{name} = {value}`" for name, value in SETTINGS.items()),
        tables={
            title: _measurements(results, scenario)
            for scenario, title in TITLES.items()
            if results.keys(scenario=scenario)
        }
        | _growth(results),
        plans=results.plans,
        findings=findings(results),
        scale_server=scale_server,
        scale=_scale(found) if found else "",
        first=_first(found),
    )
    return rendered


HEADINGS = ("", "target", "server", "aim", "measured (19 of 20 runs)", "verdict")


def summary(results: Results) -> list[tuple[str, ...]]:
    """Rows for a terminal, under HEADINGS."""
    return [_cells(verdict) for verdict in judge(results)]


def findings(results: Results) -> dict[str, str]:
    """What is amiss in the plans, by server."""
    return {server: _finding(plans) for server, plans in results.plans.items()}


def _cells(verdict: Verdict) -> tuple[str, ...]:
    bound = ">=" if verdict.at_least else "<="
    aim = "" if verdict.limit is None else f"{bound} {verdict.limit:g} {verdict.unit}"
    low, value, high = (
        number(some)
        for some in (verdict.measured.low, verdict.measured.value, verdict.measured.high)
    )
    measured = f"{value} {verdict.unit} ({low} to {high})"
    return (str(verdict.number), verdict.what, verdict.server, aim, measured, _said(verdict))


def _said(verdict: Verdict) -> str:
    if verdict.holds is None:
        return ""
    chance = ", by chance" if verdict.is_close else ""
    if verdict.holds:
        return f"met{chance}"
    by = verdict.missed_by or 0
    if verdict.unit == "%":
        return f"missed by {by:.1f} points{chance}"
    if by < 2:
        return f"missed by {100 * (by - 1):.1f} %{chance}"
    return f"{by:.1f} times too {'little' if verdict.at_least else 'much'}"


def number(value: float) -> str:
    """With three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2g}"


def _measurements(results: Results, scenario: str) -> str:
    """A row for each case, a column for each contender."""
    keys = results.keys(scenario=scenario)
    contenders = list(dict.fromkeys(key.contender for key in keys))
    cases = list(dict.fromkeys((key.server, key.case, key.size, key.unit) for key in keys))
    order = list(results.titles)
    cases.sort(key=lambda case: (order.index(case[0]), case[1], case[3], case[2]))
    rows = []
    for server, case, size, unit in cases:
        values = [
            results.series.get(Key(server, scenario, case, size, contender, unit))
            for contender in contenders
        ]
        typical = [
            results.typical(Key(server, scenario, case, size, contender, unit))
            for contender in contenders
        ]
        rounds = sorted({len(some) for some in values if some})
        rows.append(
            (
                server,
                case,
                f"{size:,}",
                unit,
                *("" if value is None else number(value) for value in typical),
                "/".join(map(str, rounds)),
            )
        )
    return _table(("server", "what", "size", "unit", *contenders, "rounds"), rows)


def _growth(results: Results) -> dict[str, str]:
    """A row for each case, columns for each of the two plants; what is told in rows, by row."""
    keys = results.keys(scenario=growth.SCENARIO)
    sizes = results.sizes(scenario=growth.SCENARIO)
    if not keys:
        return {}

    def known(server: str, case: str, size: int, unit: str) -> float | None:
        return results.typical(Key(server, growth.SCENARIO, case, size, OURS, unit))

    rows = []
    for server, case, unit in dict.fromkeys((key.server, key.case, key.unit) for key in keys):
        if unit not in ("ms", "bytes"):
            continue
        cells: list[str] = []
        for size in sizes:
            value = known(server, case, size, unit)
            count = known(server, case, size, "rows") if unit == "ms" else None
            cells.append("" if value is None else f"{number(value)} {unit}")
            cells.append("" if not count or value is None else f"{count:,.0f}")
            cells.append("" if not count or value is None else number(1000 * value / count))
        rows.append((server, case, *cells))
    plants = [(f"{short(size)} keys", "rows", "µs a row") for size in sizes]
    return {GROWTH: _table(("server", "what", *(name for plant in plants for name in plant)), rows)}


def _finding(plans: dict[str, str]) -> str:
    scans = {title: sequential_scans(plan) for title, plan in plans.items()}
    told = [f"{title}: {', '.join(tables)}" for title, tables in scans.items() if tables]
    if not told:
        return "No sequential scan of raw readings, chunks or rollups where an index serves."
    return "Sequential scans where an index might serve: " + "; ".join(told) + "."


def _scale(found: Sequence[Quantity]) -> str:
    headings = ("", *(f"{ahus:,} AHUs" for ahus in PLANTS), "limit", "reached at", "then")
    rows = [
        (
            f"{one.name}",
            *(f"{number(max(one.line.at(ahus), 0))} {one.unit}" for ahus in PLANTS),
            f"{one.limit:,g} {one.unit}",
            f"{_rough(one.ahus)} AHUs",
            one.then,
        )
        for one in found
    ]
    return _table(headings, rows)


def _first(found: Sequence[Quantity]) -> str:
    if not found:
        return "Nothing was measured on two plants."
    first = found[0]
    return (
        f"What gives first: {first.name}, at about {_rough(first.ahus)} AHUs. "
        f"What takes over there: {first.then}."
    )


def _rough(count: float) -> str:
    digits = len(str(int(count))) - 2
    return f"{round(count, -max(digits, 0)):,.0f}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(headings, rows))


def _lines(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(headings) + " |"
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
