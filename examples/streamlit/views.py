"""What is read from the three views: costs, energy, and AHUs against days."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

import charts
from choices import Choice
from palette import COILS, COSTS, TOTAL, compact
from queries import Version, daily_costs, daily_kwh
from shaping import chosen, days_between, grid, known_sums, not_over
from site_settings import Site

CHOSEN_DAYS = "Chosen days"
PALE = "pale: not over yet"


def show_costs(version: Version, choice: Choice, site: Site, months: pd.DataFrame) -> None:
    """Per day and per month by medium, and by AHU over the days or a month."""
    days = _rows(daily_costs, version, choice)
    money = site.cost()
    _headlines(days, TOTAL | COSTS, site.currency)
    left, right = st.columns([5, 3], gap="medium")
    with left, st.container(border=True):
        _title("Per day", choice.title, PALE if choice.has_unfinished_day else "")
        rows = known_sums(days, "day", COSTS, days_between(choice.from_day, choice.until_day))
        rows = not_over(rows, "day", choice.over_until)
        st.altair_chart(charts.bars_by_day(rows, COSTS, money))
    months = chosen(months, choice.ahu_ids)
    names = pd.date_range(months["month"].min(), choice.newest_day, freq="MS")
    with right, st.container(border=True):
        rows = known_sums(months, "month", COSTS, names[-13:])
        rows = not_over(rows, "month", choice.over_until)
        _title("Per month", "all days", PALE if rows["part"].any() else "")
        st.altair_chart(charts.bars_by_month(rows, COSTS, money))
    with st.container(border=True):
        by_title = {f"{month:%B %Y}": month for month in names[::-1]}
        period = st.selectbox(
            "Per AHU",
            [CHOSEN_DAYS, *by_title],
            format_func=lambda title: choice.title if title == CHOSEN_DAYS else title,
            key="ahu_period",
            width=260,
        )
        month = by_title.get(period)
        source = days if month is None else months[months["month"] == month]
        rows = known_sums(source, "ahu_id", COSTS, choice.ahu_ids or choice.known)
        st.altair_chart(charts.bars_by_ahu(rows, COSTS, money))
    _figures(days, TOTAL | COSTS)


def show_energy(version: Version, choice: Choice) -> None:
    """kWh per day by coil, and by AHU over the days."""
    days = _rows(daily_kwh, version, choice)
    _headlines(days, COILS, "kWh")
    with st.container(border=True):
        _title("Per day", choice.title, PALE if choice.has_unfinished_day else "")
        names = st.pills(
            "Coils",
            list(COILS),
            default=list(COILS),
            selection_mode="multi",
            format_func=COILS.__getitem__,
            key="coils",
            label_visibility="collapsed",
        )
        coils = {name: label for name, label in COILS.items() if name in names} or COILS
        rows = known_sums(days, "day", coils, days_between(choice.from_day, choice.until_day))
        rows = not_over(rows, "day", choice.over_until)
        st.altair_chart(charts.lines_by_day(rows, coils, "kWh"))
    with st.container(border=True):
        _title("Per AHU", choice.title)
        rows = known_sums(days, "ahu_id", COILS, choice.ahu_ids or choice.known)
        st.altair_chart(charts.bars_by_ahu(rows, COILS, "kWh"))
    _figures(days, COILS)


def show_heat_map(version: Version, choice: Choice, site: Site) -> None:
    """One measure of all AHUs on all days; a click on a cell leads to its readings."""
    measures = {name: site.cost(f"{label} cost") for name, label in (TOTAL | COSTS).items()}
    measures |= {name: f"{label} (kWh)" for name, label in COILS.items()}
    above = st.container(horizontal=True, vertical_alignment="bottom")
    measure = above.selectbox(
        "Measure",
        list(measures),
        format_func=measures.__getitem__,
        key="measure",
        width=300,
    )
    ask = daily_costs if measure in TOTAL | COSTS else daily_kwh
    days = _rows(ask, version, choice)
    if days.empty:
        return
    with st.container(border=True):
        unfinished = "the last one is not over yet" if choice.has_unfinished_day else ""
        crosses = "a cross: unknown"
        _title("Per day", choice.title, unfinished, crosses, "click a cell for its readings")
        wanted = days_between(choice.from_day, choice.until_day)
        cells = grid(days, measure, wanted, choice.ahu_ids or choice.known)
        chart = charts.heat_map(cells, (TOTAL | COSTS | COILS)[measure], measures[measure])
        clicked = st.altair_chart(chart, on_select="rerun", key=f"heat_{measure}")
    if picked := clicked["selection"].get("cell"):
        day, ahu_id = pd.Timestamp(picked[0]["name"]).date(), picked[0]["ahu_id"]
        above.button(
            f"Readings of {ahu_id} on {day.day} {day:%b %Y}",
            icon=":material/query_stats:",
            type="primary",
            on_click=_go_to_readings,
            args=(ahu_id, day),
        )


def _go_to_readings(ahu_id: str, day: object) -> None:
    st.session_state.view = "Readings"
    st.session_state.drill = ((ahu_id,), day, day)


def _rows(ask: Callable[..., pd.DataFrame], version: Version, choice: Choice) -> pd.DataFrame:
    """Those of the chosen AHUs; says which of them have none on these days."""
    rows = chosen(ask(version, choice.from_day, choice.until_day), choice.ahu_ids)
    silent = sorted(set(choice.ahu_ids) - set(rows["ahu_id"]))
    if silent or rows.empty:
        who = ", ".join(silent) if silent else "any AHU"
        st.info(f"There are no readings of {who} from {choice.title}.", icon=":material/info:")
    return rows


def _headlines(days: pd.DataFrame, labels: Mapping[str, str], unit: str) -> None:
    """A number for each label; unknown where no value is known, which is not zero."""
    sums = days[list(labels)].sum(min_count=1)
    in_unit = f" :gray[{unit}]" if unit else ""
    for column, (name, label) in zip(st.columns(len(labels)), labels.items(), strict=True):
        number = sums[name]
        is_known = pd.notna(number)
        column.metric(
            f"{label}{in_unit}",
            compact(number) if is_known else "unknown",
            border=True,
            help=f"{number:,.2f} {unit}" if is_known else "Nobody measured it on these days.",
        )


def _title(title: str, *beside: str) -> None:
    st.markdown(f"**{title}** :gray[{' · '.join(note for note in beside if note)}]")


def _figures(days: pd.DataFrame, labels: Mapping[str, str]) -> None:
    with st.expander("Figures", icon=":material/table_rows:"):
        table = days.assign(day=days["day"].dt.date).rename(
            columns={"day": "Day", "ahu_id": "AHU", **labels}
        )
        numbers = {
            label: st.column_config.NumberColumn(format="%,.2f") for label in labels.values()
        }
        st.dataframe(table, hide_index=True, column_config=numbers)
