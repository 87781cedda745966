"""The page where something is missing: readings, a measure, a currency."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dashboard.page import OpenPage, go_to, headline, texts
from dashboard.site import EMPTY, POOLER, DashboardSite, environment, steer
from servers.pooler import start_pooler

VIEWS = ("Costs", "Energy", "AHU by day", "Readings")


@contextmanager
def a_reading(site: DashboardSite, ahu_id: str, time: str) -> Iterator[None]:
    """One of an AHU's fan alone, where the plant has none; afterwards it is gone."""
    site.write(
        "insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw) "
        f"values ('{time}', '{ahu_id}', 182)"
    )
    site.refresh()
    yield
    site.write(
        f"delete from ahu_data.energy_readings where timestamp = '{time}' and ahu_id = '{ahu_id}'"
    )
    site.refresh()


@contextmanager
def a_new_ahu(site: DashboardSite) -> Iterator[str]:
    """One that has a single reading, 60 days ago."""
    with a_reading(site, "AHU99", "2025-07-03 12:00+09"):
        yield "AHU99"


def test_an_ahu_without_readings_on_these_days_says_so_in_every_view(
    site: DashboardSite, open_page: OpenPage
) -> None:
    with a_new_ahu(site) as ahu_id:
        page = open_page()
        page.sidebar.multiselect(key="ahus").set_value([ahu_id]).run()
        for view in VIEWS[:3]:
            go_to(page, view)
            assert f"no readings of {ahu_id} from 2 Aug to 31 Aug 2025" in texts(page)
        go_to(page, "Costs")
        assert headline(page, "Total") == "unknown"


def test_what_nobody_measured_is_unknown_and_not_zero(
    site: DashboardSite, open_page: OpenPage
) -> None:
    with a_new_ahu(site) as ahu_id:
        page = open_page()
        page.selectbox(key="period").set_value("Last 90 days").run()
        page.sidebar.multiselect(key="ahus").set_value([ahu_id]).run()
        known = {name: headline(page, name) for name in ("Steam", "Cold water", "Electricity")}
    assert known == {"Steam": "unknown", "Cold water": "unknown", "Electricity": "182"}


def test_a_currency_that_nobody_said_is_not_invented(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = site.environment
    assert variables.pop("DASHBOARD_CURRENCY") == "KRW"
    steer(monkeypatch, variables)
    page = open_page()
    assert "KRW" not in texts(page) + "".join(metric.label for metric in page.metric)
    charts = [chart.proto.spec for chart in page.get("vega_lite_chart")]
    assert len(charts) == 3 and not any("KRW" in spec for spec in charts)


def test_an_empty_database_says_what_fills_it(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start_pooler(site.server, POOLER, EMPTY) as pooler:
        steer(monkeypatch, environment(pooler))
        page = open_page()
        assert not page.exception and not page.error, texts(page)
        assert "The views are empty.** No reading is there." in texts(page)

        with pooler.connect("ahu_write") as etl:
            etl.execute(
                "insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw) "
                "values ('2025-07-03 12:00+09', 'AHU01', 182)"
            )
            page.run()
            assert "1 day of readings waits for a refresh." in texts(page)
            etl.execute("call ahu.refresh_dashboard_views()")
        page.run()
        assert headline(page, "Total") == "182"


def test_what_is_not_over_yet_is_told_and_nothing_else(
    site: DashboardSite, open_page: OpenPage
) -> None:
    page = open_page()
    assert "not over yet" not in texts(page)
    with a_reading(site, "AHU01", "2025-09-01 12:00+09"):
        page.run()
        assert texts(page).count("pale: not over yet") == 2  # a day and a month
        go_to(page, "AHU by day")
        assert "3 Aug to 1 Sep 2025 · the last one is not over yet" in texts(page)
