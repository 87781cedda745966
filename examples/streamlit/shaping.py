"""Rows of the views made into what a chart shows. A sum of nothing is unknown (NaN), not zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd


def chosen(frame: pd.DataFrame, ahu_ids: Iterable[str]) -> pd.DataFrame:
    """The rows of these AHUs; of all, where none is named."""
    wanted = list(ahu_ids)
    return frame[frame["ahu_id"].isin(wanted)] if wanted else frame


def known_sums(
    frame: pd.DataFrame, by: str, labels: Mapping[str, str], wanted: Iterable[object]
) -> pd.DataFrame:
    """A row per wanted value of `by` and label: the sum of what is known, and of how many rows.

    A value of `by` without any row is there too, with NaN: a chart that joins its neighbours would
    hide the gap.
    """
    groups = frame.groupby(by)[list(labels)]
    index = pd.Index(list(wanted), name=by)
    sums = groups.sum(min_count=1).reindex(index).rename(columns=labels)
    counts = groups.count().reindex(index, fill_value=0).rename(columns=labels)
    long = sums.melt(ignore_index=False, var_name="label", value_name="value").reset_index()
    long["known"] = counts.melt(ignore_index=False, value_name="known")["known"].to_numpy()
    order = {label: place for place, label in enumerate(labels.values())}
    long["order"] = long["label"].map(order)
    long["part"] = False
    return long


def not_over(rows: pd.DataFrame, by: str, over_until: date) -> pd.DataFrame:
    """Notes which day or month has parts that are still to come: from over_until on."""
    ends = rows[by] + (pd.DateOffset(months=1) if by == "month" else pd.DateOffset(days=1))
    return rows.assign(part=ends > pd.Timestamp(over_until))


def days_between(from_day: date, until_day: date) -> pd.DatetimeIndex:
    """Every day, both included."""
    return pd.date_range(from_day, until_day, freq="D")


def grid(
    frame: pd.DataFrame, column: str, days: pd.DatetimeIndex, ahu_ids: Iterable[str]
) -> pd.DataFrame:
    """One row per AHU and day, with NaN where the value is unknown or there is no row."""
    index = pd.MultiIndex.from_product([days, sorted(ahu_ids)], names=["day", "ahu_id"])
    cells = frame.set_index(["day", "ahu_id"])[column].reindex(index).rename("value").reset_index()
    cells["name"] = cells["day"].dt.strftime("%Y-%m-%d")  # what a click gives back
    return cells


def with_gaps(frame: pd.DataFrame, time: str, ahu: str | None, value: str) -> pd.DataFrame:
    """Readings in order, and an unknown one wherever more than a few are missing in a row.

    What is few: three times the usual distance of the AHU's readings.
    """
    parts = []
    for _, part in frame.groupby(ahu, sort=True) if ahu else [(None, frame)]:
        rows = part[[time, value] + ([ahu] if ahu else [])].sort_values(time)
        distance = rows[time].diff()
        usual = distance[distance > pd.Timedelta(0)].median()
        before = rows[distance > 3 * usual].copy() if pd.notna(usual) else rows.iloc[:0].copy()
        before[time] = before[time] - usual
        before[value] = float("nan")
        parts.append(pd.concat([rows, before]).sort_values(time))
    return pd.concat(parts, ignore_index=True)
