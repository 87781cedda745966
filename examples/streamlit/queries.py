"""All that the dashboard asks: how fresh the views are at every rerun, the rest once per refresh.

`version` says which refresh an answer belongs to: while it is the same, st.cache_data has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from connection import read

Version = tuple[int | None, datetime | None]

RAW_TTL = "1 minute"
"""Readings change before the refresh that shows them in the views."""


@dataclass(frozen=True)
class Freshness:
    """The answer to the one tiny question. Times are in UTC; None as in ahu.freshness."""

    asked_at: datetime
    newest_day: date | None
    newest_reading: datetime | None
    pending_days: int | None
    backfill_days: int
    pending_since: datetime | None
    quarantined_keys: int
    is_stale: bool
    is_tracked: bool | None
    last_refresh: datetime | None
    version: Version


def ask_freshness() -> Freshness:
    """How fresh the views are now, and which refresh was the last that may have changed them."""
    row: dict[str, Any] = read(_FRESHNESS).astype(object).iloc[0].to_dict()
    known = {name: None if pd.isna(value) else value for name, value in row.items()}
    whole = ("pending_days", "backfill_days", "quarantined_keys", "run_id")
    known |= {name: int(known[name]) for name in whole if known[name] is not None}
    if known["newest_day"] is not None:
        known["newest_day"] = known["newest_day"].date()
    version = (known.pop("run_id"), known.pop("run_finished_at"))
    return Freshness(**known, version=version)


@st.cache_data(max_entries=4, show_spinner="Reading months …")
def monthly_costs(version: Version) -> pd.DataFrame:
    """A row per AHU and month, of all months: also which AHUs there are, and since when."""
    return read(_MONTHLY_COSTS)


@st.cache_data(max_entries=64, show_spinner="Reading days …")
def daily_costs(version: Version, from_day: date, until_day: date) -> pd.DataFrame:
    """A row per AHU and day, both days included."""
    return read(_DAILY_COSTS, from_day=from_day, until_day=until_day)


@st.cache_data(max_entries=64, show_spinner="Reading days …")
def daily_kwh(version: Version, from_day: date, until_day: date) -> pd.DataFrame:
    """A row per AHU and day, both days included."""
    return read(_DAILY_KWH, from_day=from_day, until_day=until_day)


@st.cache_data(max_entries=16, ttl=RAW_TTL, show_spinner="Reading readings …")
def readings(
    version: Version, from_time: datetime, until_time: datetime, ahu_ids: tuple[str, ...]
) -> pd.DataFrame:
    """Raw readings, the site's own columns, by the guard, which may refuse: ProblemError."""
    return read(_READINGS, from_time=from_time, until_time=until_time, ahu_ids=list(ahu_ids))


# one statement, so that the badge and the version are of one moment
_FRESHNESS = """
    select
        clock_timestamp() as asked_at,
        f.newest_day,
        f.newest_reading,
        f.pending_days,
        f.backfill_days,
        f.pending_since,
        f.quarantined_keys,
        f.is_stale,
        f.is_tracked,
        f.last_refresh,
        r.run_id,
        r.finished_at as run_finished_at
    from ahu.freshness as f
    left join lateral (
        select
            n.run_id,
            n.finished_at
        from ahu.refresh_runs as n
        where n.outcome <> 'nothing pending'
        order by n.run_id desc
        limit 1
    ) as r
        on true
    where f.view_name = 'mv_daily_ahu_costs'
"""

_MONTHLY_COSTS = """
    select
        c.month,
        c.ahu_id,
        c.steam_cost,
        c.cold_water_cost,
        c.electricity_cost,
        c.total_cost
    from ahu.mv_monthly_ahu_costs as c
    order by c.month, c.ahu_id
"""

_DAILY_COSTS = """
    select
        c.day,
        c.ahu_id,
        c.steam_cost,
        c.cold_water_cost,
        c.electricity_cost,
        c.total_cost
    from ahu.mv_daily_ahu_costs as c
    where c.day between :from_day and :until_day
    order by c.day, c.ahu_id
"""

_DAILY_KWH = """
    select
        k.day,
        k.ahu_id,
        k.hcv_kwh,
        k.dh_hcv_kwh,
        k.ccv_kwh,
        k.pc_ccv_kwh,
        k.electricity_kwh
    from ahu.mv_daily_ahu_kwh as k
    where k.day between :from_day and :until_day
    order by k.day, k.ahu_id
"""

_READINGS = """
    select *
    from ahu.readings(
        cast(:from_time as timestamptz),
        cast(:until_time as timestamptz),
        cast(:ahu_ids as text[])
    )
"""
