"""Raw readings of some AHUs and days, by ahu.readings alone, and only when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pandas as pd
import streamlit as st

import charts
from choices import Choice
from queries import Version, readings
from shaping import with_gaps
from site_settings import Site

MOST_AHUS = 6
"""As many lines as one can tell apart; a month of them is what a browser carries easily."""


@dataclass(frozen=True)
class Columns:
    """Which of the raw table's columns are what; a site names them as it likes."""

    time: str
    ahu: str | None
    numbers: tuple[str, ...]
    kinds: tuple[str, ...]
    """Texts that say what a number is: the long layout's metric."""


def show_readings(version: Version, choice: Choice, site: Site) -> None:
    """The form, and the answer to what was asked last. ProblemError: the guard's refusal too."""
    asked = _form(choice)
    if asked is None:
        st.info(
            "Choose AHUs and days, then read. Raw readings are read only on demand: charts of "
            "whole days come from the views.",
            icon=":material/info:",
        )
        return
    ahu_ids, from_day, until_day = asked
    rows = readings(
        version,
        datetime.combine(from_day, time(), site.zone),
        datetime.combine(until_day + timedelta(days=1), time(), site.zone),
        ahu_ids,
    )
    if rows.empty:
        st.info("There are no such readings.", icon=":material/info:")
        return
    _show(rows, ahu_ids, site)


def _form(choice: Choice) -> tuple[tuple[str, ...], date, date] | None:
    """What was asked last, here or by a click on the heat map; None: nothing yet."""
    asked = st.session_state.get("drill")
    ahus, first, last = asked or (
        choice.ahu_ids[:MOST_AHUS] or choice.known[:1],
        max(choice.oldest_day, choice.until_day - timedelta(days=1)),
        choice.until_day,
    )
    # by keys: a default that changes would make another widget, and forget what is typed into it
    st.session_state.setdefault("drill_ahus", list(ahus))
    st.session_state.setdefault("drill_days", (first, last))
    with st.form("drill_form", border=True):
        left, middle, right = st.columns([4, 3, 1], vertical_alignment="bottom")
        picked = left.multiselect(
            f"AHUs, {MOST_AHUS} at most",
            choice.known,
            max_selections=MOST_AHUS,
            key="drill_ahus",
        )
        days = middle.date_input(
            "From and until, both included",
            min_value=choice.oldest_day,
            max_value=choice.newest_day,
            format="YYYY-MM-DD",
            key="drill_days",
        )
        pressed = right.form_submit_button(
            "Read", type="primary", icon=":material/query_stats:", width="stretch"
        )
    if pressed:
        if not picked or len(days) != 2:
            st.info("Choose an AHU, and a first and a last day.", icon=":material/info:")
            return None
        asked = (tuple(picked), *days)
        st.session_state.drill = asked
    return asked


def _show(rows: pd.DataFrame, ahu_ids: tuple[str, ...], site: Site) -> None:
    columns = columns_of(rows, ahu_ids)
    local = rows.assign(
        **{columns.time: rows[columns.time].dt.tz_convert(site.time_zone).dt.tz_localize(None)}
    )
    shown = local
    with st.container(horizontal=True):
        for kind in columns.kinds:
            only = st.selectbox(kind, sorted(local[kind].dropna().unique()), width=320)
            shown = shown[shown[kind] == only]
        known = [name for name in columns.numbers if shown[name].notna().any()]
        value = st.selectbox("Value", known, width=320) if known else None
    with st.container(border=True):
        st.markdown(f"**{len(rows):,} readings** :gray[times in {site.time_zone}]")
        if value:
            lines = with_gaps(shown, columns.time, columns.ahu, value)
            st.altair_chart(charts.lines_of_readings(lines, columns.time, value, columns.ahu))
        order = [columns.time] + ([columns.ahu] if columns.ahu else [])
        st.dataframe(
            local.sort_values(order),
            hide_index=True,
            height=320,
            placeholder="-",
            column_config={
                columns.time: st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss")
            },
        )


def columns_of(rows: pd.DataFrame, ahu_ids: tuple[str, ...]) -> Columns:
    """By their types, and by what is in them."""
    times = [name for name in rows if isinstance(rows[name].dtype, pd.DatetimeTZDtype)]
    numbers = [name for name in rows if pd.api.types.is_float_dtype(rows[name])]
    texts = [name for name in rows if name not in times and name not in numbers]
    ahus = [name for name in texts if rows[name].isin(ahu_ids).all()]
    kinds = [name for name in texts if name not in ahus and 1 < rows[name].nunique() <= 50]
    return Columns(times[0], ahus[0] if ahus else None, tuple(numbers), tuple(kinds))
