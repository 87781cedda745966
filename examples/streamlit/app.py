"""A plant's energy and its costs, by AHU: `streamlit run app.py`, or `make dashboard`."""

from __future__ import annotations

import streamlit as st

from badge import show_badge, waiting_days
from choices import choose
from drill_down import show_readings
from problems import ProblemError, show_problem
from queries import Freshness, ask_freshness, monthly_costs
from site_settings import Site, site_settings
from views import show_costs, show_energy, show_heat_map

TITLE = "AHU energy"
# charts are tall: the page begins at its top; the badge stands beside the title, not above it
STYLE = """<style>
.stMainBlockContainer { padding: 4rem 2.5rem 2rem }
.stMainBlockContainer h2 { padding: 0 0 1rem }
</style>"""
VIEWS = {
    "Costs": ":material/payments:",
    "Energy": ":material/bolt:",
    "AHU by day": ":material/grid_on:",
    "Readings": ":material/query_stats:",
}


def main() -> None:
    """One rerun: how fresh are the views, and then the view that is chosen."""
    st.set_page_config(page_title=TITLE, page_icon=":material/hvac:", layout="wide")
    st.html(STYLE)
    left, right = st.columns([1, 3], vertical_alignment="center")
    left.header(TITLE, anchor=False)
    try:
        site = site_settings()
        freshness = ask_freshness()
        with right:
            show_badge(freshness, site)
        if freshness.newest_day is None:
            _say_that_it_is_empty(freshness)
        else:
            _show_view(freshness, site)
    except ProblemError as problem:
        show_problem(problem)
        if not problem.is_refusal:
            st.button("Try again", icon=":material/refresh:")


def _show_view(freshness: Freshness, site: Site) -> None:
    assert freshness.newest_day is not None
    version = freshness.version
    months = monthly_costs(version)
    choice = choose(months, freshness.newest_day, freshness.newest_reading, site)
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default="Costs",
        required=True,
        format_func=lambda name: f"{VIEWS[name]} {name}",
        key="view",
        label_visibility="collapsed",
    )
    if view == "Costs":
        show_costs(version, choice, site, months)
    elif view == "Energy":
        show_energy(version, choice)
    elif view == "AHU by day":
        show_heat_map(version, choice, site)
    else:
        show_readings(version, choice, site)


def _say_that_it_is_empty(freshness: Freshness) -> None:
    waiting = freshness.pending_days or 0
    why = waiting_days(waiting) if waiting else "No reading is there."
    st.info(
        f"**The views are empty.** {why}\n\n"
        "The last step of the ETL fills them: `call ahu.refresh_dashboard_views()`.",
        icon=":material/info:",
    )


main()
