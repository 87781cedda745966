"""What the page is about: which days, and which AHUs. The sidebar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
import streamlit as st

from site_settings import Site

LAST = {"Last 7 days": 7, "Last 30 days": 30, "Last 90 days": 90, "Last 365 days": 365}
OWN = "Own days"
DEFAULT = "Last 30 days"


@dataclass(frozen=True)
class Choice:
    """from_day and until_day are both included. ahu_ids: empty for all of `known`."""

    from_day: date
    until_day: date
    ahu_ids: tuple[str, ...]
    known: tuple[str, ...]
    oldest_day: date
    newest_day: date
    over_until: date
    """The first day that is not over yet: the newest one, or the one after it."""

    @property
    def has_unfinished_day(self) -> bool:
        """The last of the days is not over yet."""
        return self.until_day >= self.over_until

    @property
    def title(self) -> str:
        """`3 Aug to 1 Sep 2025`."""
        first, last = self.from_day, self.until_day
        if first == last:
            return f"{last.day} {last:%b %Y}"
        year = "" if first.year == last.year else f" {first.year}"
        return f"{first.day} {first:%b}{year} to {last.day} {last:%b %Y}"


def choose(
    months: pd.DataFrame, newest_day: date, newest_reading: datetime | None, site: Site
) -> Choice:
    """months: all of them, which say what there is. Days end with the newest one, not today."""
    oldest_day = min(months["month"].min().date(), newest_day)
    known = tuple(sorted(months["ahu_id"].unique()))
    with st.sidebar:
        st.subheader("Days", anchor=False)
        period = st.selectbox(
            "Days",
            [*LAST, OWN],
            index=list(LAST).index(DEFAULT),
            key="period",
            label_visibility="collapsed",
        )
        if period == OWN:
            from_day, until_day = _own_days(oldest_day, newest_day)
        else:
            until_day = newest_day
            from_day = max(oldest_day, newest_day - timedelta(days=LAST[period] - 1))
        st.subheader("AHUs", anchor=False)
        ahu_ids = st.multiselect(
            "AHUs", known, key="ahus", placeholder="All AHUs", label_visibility="collapsed"
        )
        money = f"Costs in {site.currency}. " if site.currency else ""
        st.caption(f"{money}Days and times are those of {site.time_zone}.")
    over_until = newest_day + timedelta(days=_is_over(newest_reading, newest_day, site))
    return Choice(from_day, until_day, tuple(ahu_ids), known, oldest_day, newest_day, over_until)


def _is_over(newest_reading: datetime | None, newest_day: date, site: Site) -> bool:
    """Readings come once an hour at least: one after 23:00 is taken for the day's last."""
    if newest_reading is None:
        return False
    local = newest_reading.astimezone(site.zone)
    return local.date() > newest_day or local.hour == 23


def _own_days(oldest_day: date, newest_day: date) -> tuple[date, date]:
    """Of a range that has only its first day yet, that day."""
    picked = st.date_input(
        "From and until",
        (max(oldest_day, newest_day - timedelta(days=29)), newest_day),
        min_value=oldest_day,
        max_value=newest_day,
        format="YYYY-MM-DD",
        key="own_days",
        label_visibility="collapsed",
    )
    days = picked if isinstance(picked, tuple) else (picked,)
    return (days[0], days[-1]) if days else (newest_day, newest_day)
