"""The freshness badge, which asks again by itself and redraws the page after a refresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import streamlit as st

from problems import ProblemError
from queries import Freshness, ask_freshness
from site_settings import Site

EVERY = timedelta(seconds=10)
"""How often an open page asks the one tiny question; it takes the server about 2 ms."""


@dataclass(frozen=True)
class Badge:
    """One coloured word, and what it means."""

    label: str
    colour: Literal["green", "blue", "orange", "red", "violet", "gray"]
    icon: str
    meaning: str


def badges(freshness: Freshness, site: Site) -> list[Badge]:
    """How fresh the views are; then, where there is any, what is in quarantine."""
    found = [_state(freshness, site)]
    if keys := freshness.quarantined_keys:
        found.append(
            Badge(
                f"quarantine: {keys:,} {'key' if keys == 1 else 'keys'}",
                "violet",
                ":material/shield:",
                "Days of AHUs whose raw readings are partly gone: their summaries are kept as they "
                "were, and what came late is not in them.",
            )
        )
    return found


def _state(freshness: Freshness, site: Site) -> Badge:
    since = ""
    if freshness.pending_since:
        since = f" since {moment(freshness.pending_since, site, freshness.asked_at)}"
    days = freshness.pending_days or 0
    waiting = waiting_days(days, since)
    if freshness.is_tracked is False:
        return Badge(
            "changes are not noticed",
            "red",
            ":material/link_off:",
            "Triggers of the raw table are missing or disabled; ahu-sql install puts them back.",
        )
    if freshness.is_stale:
        waiting = waiting if days else "The last refresh was too long ago."
        return Badge(f"stale{since}", "red", ":material/schedule:", waiting)
    if freshness.backfill_days:
        label = f"backfill: {freshness.backfill_days:,} days left"
        return Badge(label, "orange", ":material/hourglass_top:", waiting)
    if days:
        return Badge(f"changes pending{since}", "orange", ":material/hourglass_top:", waiting)
    if freshness.is_tracked is None:
        return Badge(
            f"as of {moment(freshness.last_refresh, site, freshness.asked_at)}",
            "blue",
            ":material/history:",
            "This site does not track changes: what came after the last refresh is not known.",
        )
    return Badge(
        "fresh", "green", ":material/check_circle:", "The views hold every reading that there is."
    )


def waiting_days(days: int, since: str = "") -> str:
    """A sentence."""
    what = "1 day of readings waits" if days == 1 else f"{days:,} days of readings wait"
    return f"{what} for a refresh{since}."


def moment(time: datetime | None, site: Site, now: datetime | None = None) -> str:
    """`1 Sep 2025, 00:00`, in the site's zone; of today only `00:00`."""
    if time is None:
        return "never"
    local = time.astimezone(site.zone)
    if now is not None and now.astimezone(site.zone).date() == local.date():
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b %Y, %H:%M}"


def ago(time: datetime | None, now: datetime) -> str:
    """`4 minutes ago`, by the server's clock."""
    if time is None:
        return "never"
    seconds = (now - time).total_seconds()
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count:,} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def show_badge(freshness: Freshness, site: Site) -> None:
    """What the page has asked already; from then on the badge asks for itself."""
    st.session_state.asked = freshness
    _watch(freshness, site)


@st.fragment(run_every=EVERY)
def _watch(freshness: Freshness, site: Site) -> None:
    asked: Freshness | None = st.session_state.pop("asked", None)
    if asked is None:  # the page has not just asked: this is the badge's own turn
        try:
            asked = ask_freshness()
        except ProblemError as problem:
            _draw([Badge("no answer", "red", ":material/cloud_off:", str(problem))], "")
            return
        if asked.version != freshness.version:
            st.rerun()
    newest = moment(asked.newest_reading, site) if asked.newest_reading else "none"
    _draw(
        badges(asked, site),
        f"newest reading {newest} · refreshed {ago(asked.last_refresh, asked.asked_at)}",
    )


def _draw(found: list[Badge], beside: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        for badge in found:
            st.badge(badge.label, icon=badge.icon, color=badge.colour, help=badge.meaning)
        st.caption(beside, width="content")
