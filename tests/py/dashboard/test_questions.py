"""What the dashboard asks the database, and how many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard.page import OpenPage, badge, go_to, headline
from dashboard.site import DATABASE, DashboardSite, environment, steer
from servers.pooler import start_pooler

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

LATE = (
    "insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw) "
    "values (%s, 'AHU01', 1000000000)"
)


def write_late_reading(site: DashboardSite, time: str) -> None:
    """A milliard more, on a day that the page shows."""
    with site.pooler.connect("ahu_write") as etl:
        etl.execute(LATE, [time])


def walk_through(page: AppTest) -> None:
    """Everything that needs no other days: all views, some AHUs and then all, one month."""
    for view in ("Energy", "AHU by day", "Readings", "Costs"):
        go_to(page, view)
    page.sidebar.multiselect(key="ahus").set_value(["AHU01", "AHU07"]).run()
    go_to(page, "Energy")
    page.sidebar.multiselect(key="ahus").set_value([]).run()
    go_to(page, "AHU by day")
    page.selectbox(key="measure").set_value("ccv_kwh").run()
    go_to(page, "Costs")
    page.selectbox(key="ahu_period").select_index(1).run()
    assert not page.exception


def test_the_first_load_asks_each_question_of_its_view_once(
    site: DashboardSite, open_page: OpenPage
) -> None:
    site.forget_questions()
    page = open_page()
    assert not page.exception
    assert badge(page) == "fresh"
    assert site.questions() == {"freshness": 1, "months": 1, "costs": 1}


def test_nothing_is_asked_twice_between_two_refreshes(
    site: DashboardSite, open_page: OpenPage
) -> None:
    site.forget_questions()
    walk_through(open_page())
    walk_through(open_page())  # somebody else
    asked = site.questions()
    reruns = asked.pop("freshness")
    assert asked == {"months": 1, "costs": 1, "kwh": 1}
    assert reruns == 2 * (1 + 11)  # once each time, and no more


def test_a_refresh_shows_at_once_and_not_before(site: DashboardSite, open_page: OpenPage) -> None:
    page = open_page()
    before = headline(page, "Total")
    write_late_reading(site, "2025-08-30 12:03+09")
    page.run()
    assert badge(page).startswith("changes pending since")
    assert headline(page, "Total") == before

    assert site.refresh().keys == 1
    site.forget_questions()
    page.run()
    assert badge(page) == "fresh"
    assert headline(page, "Total").startswith("1.") and headline(page, "Total").endswith(" G")
    assert site.questions() == {"freshness": 1, "months": 1, "costs": 1}


def test_a_refresh_that_finds_nothing_pending_changes_nothing(
    site: DashboardSite, open_page: OpenPage
) -> None:
    page = open_page()
    assert site.refresh().outcome == "nothing pending"
    site.forget_questions()
    page.run()
    assert site.questions() == {"freshness": 1}


def test_other_days_are_asked_for_once(site: DashboardSite, open_page: OpenPage) -> None:
    page = open_page()
    site.forget_questions()
    for period in ("Last 7 days", "Last 30 days", "Last 7 days"):
        page.selectbox(key="period").set_value(period).run()
    assert site.questions() == {"freshness": 3, "costs": 1}


def test_an_open_page_holds_none_of_the_poolers_connections(
    site: DashboardSite, open_page: OpenPage
) -> None:
    page = open_page()
    site.forget_questions()  # SQLAlchemy's own, of its first connection
    go_to(page, "Energy")
    pools = site.pooler.show("pools")
    (pool,) = [row for row in pools if (row["database"], row["user"]) == ("ahu_read", "ahu_read")]
    assert (pool["cl_active"] >= 1, pool["sv_active"]) == (True, 0)
    begun = (
        "select from pg_stat_statements where userid = 'ahu_read'::regrole and query ~* '^begin'"
    )
    assert site.database.rows(begun) == []


def test_a_pooler_that_knows_no_prepared_statements_is_enough(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    with start_pooler(site.server, "1.18", DATABASE) as old:
        steer(monkeypatch, environment(old))
        for _ in range(2):  # one process of the dashboard, and then another
            page = open_page()
            for _ in range(6):  # psycopg prepares what is asked for the sixth time
                page.run()
                assert not page.error, page.error
            assert headline(page, "Total")
            st.cache_resource.clear()


def test_a_range_is_30_days_up_to_the_newest_not_to_today(
    site: DashboardSite, open_page: OpenPage
) -> None:
    page = open_page()
    assert any("2 Aug to 31 Aug 2025" in text.value for text in page.markdown)
