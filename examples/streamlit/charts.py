"""The charts. Each takes shaped rows and gives an Altair chart; what is unknown leaves a gap."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from palette import COLOURS, UNKNOWN, shade

NUMBER = ",.0f"
SHORT = "~s"
PLAIN_ZERO = "datum.value === 0 ? '0' : datum.label"
"""`0`, where the axis' other labels give it their suffix: `0M`."""
MOST_LABELS = 12
"""Of days below a chart."""
ROW = 20
"""Height of an AHU's row, in pixels."""
MOST_SPACED = 100
"""Days of a heat map whose columns are told apart by a pixel; more are too narrow for that."""
CROSS = "M-1,-1 1,1 M-1,1 1,-1"
PALE = 0.45
"""Opacity of what is not over yet."""


def colours(labels: Mapping[str, str]) -> alt.Color:
    """The legend above a chart: one colour per label, wherever it is."""
    names = list(labels.values())
    return alt.Color(
        "label:N",
        scale=alt.Scale(domain=names, range=[COLOURS[name] for name in names]),
        legend=alt.Legend(title=None, orient="top", symbolType="square", symbolOpacity=1),
    )


def bars_by_day(rows: pd.DataFrame, labels: Mapping[str, str], title: str) -> alt.LayerChart:
    """Stacked bars; a grey band where a label is unknown for a day, for a bar shows no gap.

    A label that is unknown throughout has no bands: there is no such medium.
    """
    day = alt.X("yearmonthdate(day):T", title=None, axis=_days(rows, hour=12))
    some = rows.groupby("label")["value"].transform("count") > 0
    unknown = rows[rows["value"].isna() & (some | ~some.any())]
    unknown = unknown.groupby("day")["label"].agg(", ".join).reset_index()
    bands = (
        alt.Chart(unknown)
        .mark_rect(color=UNKNOWN, opacity=0.18)
        .encode(
            x=day,
            tooltip=[_day_tip(), alt.Tooltip("label:N", title="Unknown")],
        )
    )
    bars = (
        alt.Chart(rows.dropna(subset=["value"]))
        .mark_bar(cornerRadius=1)
        .encode(
            x=day,
            y=alt.Y("value:Q", title=title, stack="zero", axis=_numbers()),
            color=colours(labels),
            opacity=_pale(),
            order=alt.Order("order:Q"),
            tooltip=[_day_tip(), *_value_tips(title)],
        )
    )
    layers = [bars] if unknown.empty else [bands, bars]
    return alt.layer(*layers).properties(height=300)


def bars_by_month(rows: pd.DataFrame, labels: Mapping[str, str], title: str) -> alt.Chart:
    """Stacked bars; the month that is not over yet is pale."""
    return (
        alt.Chart(rows.dropna(subset=["value"]))
        .mark_bar(cornerRadius=1)
        .encode(
            x=alt.X(
                "yearmonth(month):O",
                title=None,
                axis=alt.Axis(format="%b %Y", labelAngle=0, labelOverlap=True),
                scale=alt.Scale(paddingInner=0.35),
            ),
            y=alt.Y("value:Q", title=title, stack="zero", axis=_numbers()),
            color=colours(labels).legend(None),
            opacity=_pale(),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip("month:T", format="%B %Y", title="Month"), *_value_tips(title)],
        )
        .properties(height=300)
    )


def lines_by_day(rows: pd.DataFrame, labels: Mapping[str, str], title: str) -> alt.LayerChart:
    """A line per label, broken where a day is unknown or not over yet; a point for each day."""
    encodings = {
        "x": alt.X("day:T", title=None, axis=_days(rows, hour=0)),
        "y": alt.Y("value:Q", title=title, axis=_numbers()),
        "color": colours(labels),
    }
    lines = (
        alt.Chart(rows.assign(value=rows["value"].mask(rows["part"])))
        .mark_line(strokeWidth=2, invalid="break-paths-show-path-domains")
        .encode(**encodings)
    )
    points = (
        alt.Chart(rows.dropna(subset=["value"]))
        .mark_circle(size=28)
        .encode(**encodings, opacity=_pale(), tooltip=[_day_tip(), *_value_tips(title)])
    )
    return alt.layer(lines, points).properties(height=300)


def bars_by_ahu(rows: pd.DataFrame, labels: Mapping[str, str], title: str) -> alt.LayerChart:
    """A stacked bar per AHU, the longest first; an AHU without any known value says so."""
    totals = rows.groupby("ahu_id")["value"].sum(min_count=1).sort_values(ascending=False)
    ahu = alt.Y(
        "ahu_id:N",
        title=None,
        sort=list(totals.index),
        axis=_names(),
    )
    bars = (
        alt.Chart(rows.dropna(subset=["value"]))
        .mark_bar(cornerRadius=1)
        .encode(
            y=ahu,
            x=alt.X("value:Q", title=None, stack="zero", axis=_numbers(orient="top", tickCount=8)),
            color=colours(labels),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip("ahu_id:N", title="AHU"), *_value_tips(title)],
        )
    )
    silent = pd.DataFrame({"ahu_id": totals[totals.isna()].index, "text": "unknown"})
    words = (
        alt.Chart(silent)
        .mark_text(align="left", dx=4, color=UNKNOWN, fontStyle="italic")
        .encode(y=ahu, x=alt.datum(0), text="text:N")
    )
    return alt.layer(bars, words).properties(height=ROW * len(totals) + 90)


def heat_map(cells: pd.DataFrame, label: str, title: str) -> alt.LayerChart:
    """AHUs against days; a cell that is unknown stays empty, with a cross. `cell` is clicked."""
    # above, where it is seen without scrolling
    day = alt.X("yearmonthdate(day):T", title=None, axis=_days(cells, hour=12, orient="top"))
    ahu = alt.Y(
        "ahu_id:N",
        title=None,
        axis=_names(),
        scale=alt.Scale(paddingInner=0.1),
    )
    tips = [_day_tip(), alt.Tooltip("ahu_id:N", title="AHU")]
    cell = alt.selection_point(name="cell", fields=["name", "ahu_id"], on="click", empty=False)
    filled = (
        alt.Chart(cells.dropna(subset=["value"]))
        .mark_rect(cursor="pointer", binSpacing=int(cells["day"].nunique() <= MOST_SPACED))
        .encode(
            x=day,
            y=ahu,
            color=alt.Color(
                "value:Q",
                title=title,
                # the square root: small AHUs show their days too beside a large one
                scale=alt.Scale(
                    type="sqrt", range=[shade(label, 0.09), shade(label, 1)], zero=True
                ),
                legend=alt.Legend(
                    orient="top",
                    format=SHORT,
                    labelExpr=PLAIN_ZERO,
                    gradientLength=260,
                    tickCount=4,
                ),
            ),
            stroke=alt.condition(cell, alt.value("currentColor"), alt.value(None)),
            tooltip=[*tips, alt.Tooltip("value:Q", format=",.2f", title=title)],
        )
        .add_params(cell)
    )
    unknown = cells[cells["value"].isna()]
    crosses = (
        alt.Chart(unknown)
        .mark_point(shape=CROSS, size=30, color=UNKNOWN, strokeWidth=1.2, filled=False)
        .encode(x=alt.X("yearmonthdate(day):T", bandPosition=0.5), y=ahu, tooltip=tips)
    )
    layers = [filled] if unknown.empty else [filled, crosses]
    return alt.layer(*layers).properties(height=ROW * cells["ahu_id"].nunique() + 110)


def lines_of_readings(rows: pd.DataFrame, time: str, value: str, ahu: str | None) -> alt.Chart:
    """A line per AHU through its readings, broken where readings are missing; zoom by wheel."""
    plain = rows.rename(columns={time: "time", value: "value"} | ({ahu: "ahu_id"} if ahu else {}))
    chart = alt.Chart(plain).mark_line(strokeWidth=1.3, invalid="break-paths-show-path-domains")
    encodings = {
        "x": alt.X(
            "time:T",
            title=None,
            axis=alt.Axis(format="%d %b %H:%M", labelOverlap=True, labelFlush=True),
        ),
        "y": alt.Y("value:Q", title=value, axis=_numbers()),
        "tooltip": [
            alt.Tooltip("time:T", format="%d %b %Y, %H:%M", title="Time"),
            alt.Tooltip("value:Q", format=",.4~f", title=value),
        ],
    }
    if ahu:
        encodings["color"] = alt.Color("ahu_id:N", legend=alt.Legend(title=None, orient="top"))
        encodings["tooltip"].insert(0, alt.Tooltip("ahu_id:N", title="AHU"))
    zoom = alt.selection_interval(bind="scales", encodings=["x"])
    return chart.encode(**encodings).add_params(zoom).properties(height=340)


def _pale() -> dict[str, object]:
    """`part`: the day or the month is not over yet."""
    return alt.condition("datum.part", alt.value(PALE), alt.value(1))


def _numbers(**options: object) -> alt.Axis:
    return alt.Axis(format=SHORT, labelExpr=PLAIN_ZERO, labelFlush=False, **options)


def _names() -> alt.Axis:
    """Every AHU has its label."""
    return alt.Axis(labelOverlap=False, labelFlush=False, ticks=False, domain=False)


def _days(rows: pd.DataFrame, hour: int, orient: str = "bottom") -> alt.Axis:
    """A label every few days of those shown; hour: 12 for the middle of a bar, 0 for a point."""
    days = sorted(rows["day"].unique())
    step = -(-len(days) // MOST_LABELS)
    return alt.Axis(
        orient=orient,
        format="%-d %b",
        values=[
            alt.DateTime(year=d.year, month=d.month, date=d.day, hours=hour) for d in days[::step]
        ],
        labelOverlap=True,
        grid=False,
    )


def _day_tip() -> alt.Tooltip:
    return alt.Tooltip("day:T", format="%a %d %b %Y", title="Day")


def _value_tips(title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("label:N", title="Of"),
        alt.Tooltip("value:Q", format=NUMBER, title=title),
        alt.Tooltip("known:Q", title="Values known"),
    ]
