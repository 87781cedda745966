"""The page in a real browser. `make screenshots` takes the pictures of docs/images on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from ahu_sql.demo.processes import LOOPBACK
from dashboard.browser import Visitor, running_browser, running_dashboard
from dashboard.site import DashboardSite, screenshots_folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Visit = Callable[..., Visitor]
PICTURES = screenshots_folder()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of this file."""
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def url(site: DashboardSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address; it runs as its README says, with a secrets.toml."""
    with running_dashboard(site, tmp_path_factory.mktemp("dashboard")) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Visit]:
    """Opens the page as somebody new, who must meet no traceback and no complaint."""
    visitors: list[Visitor] = []

    def open_page(scheme: str = "light") -> Visitor:
        visitors.append(Visitor(browser, url, scheme))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        assert visitor.tracebacks() == 0
        assert visitor.complaints == []
        assert {host.split(":")[0] for host in visitor.hosts} == {LOOPBACK}  # nobody else is asked
        visitor.context.close()


def test_the_first_load_draws_its_charts(visit: Visit) -> None:
    visitor = visit()
    visitor.badge("fresh").wait_for()
    assert visitor.headline("Total").endswith(" M")
    visitor.photograph(PICTURES, "dashboard")
    visitor.go_to("Energy", charts=2)


def test_a_refresh_redraws_an_open_page_that_nobody_touches(
    site: DashboardSite, visit: Visit
) -> None:
    visitor = visit()
    before = visitor.headline("Electricity")
    site.write(
        "insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw) "
        "values ('2025-08-30 12:03+09', 'AHU01', 3000000)"
    )
    visitor.badge("changes pending since").wait_for()
    assert visitor.headline("Electricity") == before
    visitor.photograph(PICTURES, "dashboard-late-reading")

    assert site.refresh().keys == 1
    visitor.badge("fresh").wait_for()
    visitor.settle()
    assert visitor.headline("Electricity") != before
    visitor.photograph(PICTURES, "dashboard-refreshed")

    site.write("delete from ahu_data.energy_readings where timestamp = '2025-08-30 12:03+09'")
    site.refresh()


def test_the_guards_refusal_is_readable_and_the_next_question_works(visit: Visit) -> None:
    visitor = visit()
    visitor.go_to("Readings", charts=0)
    visitor.type_days("20250703", "20250831")
    read = visitor.page.get_by_role("button", name="Read", exact=False).last
    read.click()
    refusal = visitor.page.get_by_test_id("stAlert")
    refusal.get_by_text("ahu.readings gives at most 31 days at once").wait_for()
    assert "until_time => '2025-08-03 00:00:00+09'" in refusal.inner_text()
    visitor.photograph(PICTURES, "dashboard-guard")

    visitor.type_days("20250830", "20250830")
    read.click()
    visitor.page.get_by_text("times in Asia/Seoul").wait_for()
    assert refusal.count() == 0


def test_a_click_on_the_heat_map_leads_to_that_days_readings(visit: Visit) -> None:
    visitor = visit("dark")
    visitor.go_to("AHU by day", charts=1)
    cells = visitor.page.locator("path[aria-label*='Sat 30 Aug 2025']")
    cells.and_(visitor.page.locator("[aria-label*='AHU07']")).first.click()
    button = visitor.page.get_by_role("button", name="Readings of AHU07 on 30 Aug 2025")
    button.wait_for()
    visitor.photograph(PICTURES, "dashboard-heat-map")
    button.click()
    visitor.page.get_by_text("times in Asia/Seoul").wait_for()
    visitor.settle()
    # of the plant's day, wherever the reader is
    visitor.page.get_by_test_id("stDataFrame").scroll_into_view_if_needed()
    first = visitor.page.locator("[role=gridcell]").first
    first.wait_for(state="attached")
    assert first.text_content() == "2025-08-30 00:00:00"
