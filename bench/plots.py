"""What a run has measured, as pictures. Needs matplotlib: the extra `bench`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from bench.contenders import ADDED, AGGREGATES, BARE, MAINTAINED, NATIVE, OURS, THREE_VIEWS
from bench.results import Key, Results
from bench.scale import PLANTS, quantities
from bench.scenarios import dashboards, refreshes, tracking
from bench.targets import short

COLOURS = {
    OURS: "#0b6e4f",
    BARE: "#6f7680",
    ADDED: "#b9bec5",
    NATIVE: "#c9a227",
    THREE_VIEWS: "#b23a48",
    AGGREGATES: "#3d5a9b",
    tracking.WATCHED: "#b9bec5",
    MAINTAINED: "#8e5ea2",
    dashboards.ANSWER: "#6f7680",
    dashboards.RAW: "#b23a48",
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "ahu-sql",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e5e7eb",
    "legend.frameon": False,
    "figure.facecolor": "white",
}
PANEL = (4.6, 3.6)


def draw_all(results: Results, folder: Path) -> dict[str, str]:
    """Writes the pictures for which there is something to show; their titles, by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    with matplotlib.rc_context(STYLE):
        for name, (title, draw) in _PICTURES.items():
            if (figure := draw(results)) is not None:
                file = f"performance-{name}.svg"
                figure.savefig(folder / file, metadata={"Date": None})
                drawn[file] = title
    return drawn


def _panels(count: int) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(PANEL[0] * count, PANEL[1]), layout="constrained")
    return figure, figure.subplots(1, count, squeeze=False)[0]


def _with_legend(figure: Figure, panel: Axes, columns: int = 3) -> Figure:
    """Below all panels, which have the same contenders."""
    handles, labels = panel.get_legend_handles_labels()
    figure.set_figheight(PANEL[1] + 0.25 * (len(labels) // columns))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize="small")
    return figure


def _refreshes(results: Results) -> Figure | None:
    """Time by length of history, a panel for each server."""
    scenario = {"scenario": refreshes.SCENARIO, "case": refreshes.BATCH}
    servers = [
        server for server in results.titles if len(results.sizes(server=server, **scenario)) > 1
    ]
    if not servers:
        return None
    figure, panels = _panels(len(servers))
    for server, panel in zip(servers, panels, strict=True):
        for contender in dict.fromkeys(
            k.contender for k in results.keys(server=server, **scenario)
        ):
            keys = results.keys(server=server, contender=contender, **scenario)
            keys.sort(key=lambda key: key.size)
            panel.plot(
                [key.size for key in keys],
                [results.typical(key) or 0 for key in keys],
                marker="o",
                color=COLOURS[contender],
                linewidth=2.5 if contender == OURS else 1.5,
                label=contender,
            )
        panel.set(xscale="log", yscale="log", title=server, xlabel="raw readings")
        sizes = results.sizes(server=server, **scenario)
        panel.set_xticks(sizes, [short(size) for size in sizes])
        panel.xaxis.set_minor_formatter(NullFormatter())
    panels[0].set_ylabel("ms after a batch")
    return _with_legend(figure, panels[0])


def _tracking(results: Results) -> Figure | None:
    """Percents, a group of bars for each kind of statement."""
    cases = (tracking.LARGE, tracking.COPIED, tracking.SMALL, tracking.SMALL_UNSYNCED)
    bars: dict[tuple[str, str], list[float]] = {}
    for server in results.titles:
        for contender in (tracking.WATCHED, OURS, AGGREGATES):
            added = [_added(results, server, case, contender) for case in cases]
            known = [percent for percent in added if percent is not None]
            if len(known) == len(cases):
                bars[contender, server] = known
    if not bars:
        return None
    figure, (panel,) = _panels(1)
    figure.set_size_inches(PANEL[0] * 2, PANEL[1])
    width = 0.8 / len(bars)
    for number, ((contender, server), percents) in enumerate(bars.items()):
        panel.bar(
            [at + (number + 0.5) * width - 0.4 for at in range(len(cases))],
            percents,
            width * 0.9,
            label=f"{contender}, {server}",
            color=COLOURS[contender],
            alpha=1 - 0.25 * (number % 3),
        )
    panel.set_xticks(range(len(cases)), [fill(case, 18) for case in cases])
    panel.set_ylabel("% more time of the statement")
    return _with_legend(figure, panel)


def _added(results: Results, server: str, case: str, contender: str) -> float | None:
    for size in results.sizes(server=server, scenario=tracking.SCENARIO, case=case):
        times = [
            results.typical(Key(server, tracking.SCENARIO, case, size, one))
            for one in (contender, tracking.UNTRACKED)
        ]
        if times[0] is not None and times[1]:
            return 100 * (times[0] / times[1] - 1)
    return None


def _dashboards(results: Results) -> Figure | None:
    """Three questions, a panel for each server."""
    servers = [
        server
        for server in results.titles
        if results.keys(server=server, scenario=dashboards.SCENARIO)
    ]
    if not servers:
        return None
    names = dashboards.QUESTIONS
    contenders = (dashboards.ANSWER, OURS, dashboards.RAW)
    figure, panels = _panels(len(servers))
    for server, panel in zip(servers, panels, strict=True):
        for number, contender in enumerate(contenders):
            keys = [
                results.keys(
                    server=server, scenario=dashboards.SCENARIO, case=name, contender=contender
                )[-1]
                for name in names
            ]
            panel.barh(
                [at + 0.27 * (1 - number) for at in range(len(names))],
                [results.typical(key) or 0 for key in keys],
                0.25,
                color=COLOURS[contender],
                label=f"{contender} ({short(keys[0].size)})"
                if contender == dashboards.RAW
                else contender,
            )
        panel.set(xscale="log", title=server, xlabel="ms")
        panel.set_yticks(range(len(names)), names if panel is panels[0] else [])
    return _with_legend(figure, panels[0])


def _scale(results: Results) -> Figure | None:
    """How much of each limit is used up, by the number of AHUs."""
    for server in results.titles:
        if found := quantities(results, server):
            break
    else:
        return None
    figure, (panel,) = _panels(1)
    figure.set_size_inches(PANEL[0] * 2, PANEL[1])
    for quantity in found:
        panel.plot(
            PLANTS,
            [100 * max(quantity.line.at(ahus), 1e-9) / quantity.limit for ahus in PLANTS],
            marker="o",
            label=f"{quantity.name} ({quantity.limit:,g} {quantity.unit})",
        )
    panel.axhline(100, color="#b23a48", linestyle="--", linewidth=1)
    panel.set(xscale="log", yscale="log", xlabel="AHUs", ylabel="% of its limit")
    panel.set_ylim(bottom=0.0001)
    return _with_legend(figure, panel, columns=2)


_PICTURES: dict[str, tuple[str, Callable[[Results], Figure | None]]] = {
    "refresh": ("A refresh after one batch, by the length of history", _refreshes),
    "tracking": ("What tracking adds to the ETL's statements", _tracking),
    "dashboard": ("What dashboards ask", _dashboards),
    "scale": ("What gives first as the plant grows, by calculation", _scale),
}
