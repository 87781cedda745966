"""What the dashboard's tests share: one plant behind a pooler, and its page without a browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from dashboard.page import OpenPage
from dashboard.site import DashboardSite, dashboard_site, screenshots_folder, steer
from servers.dashboard import EXAMPLE, dashboard_packages

SECONDS = 60


@pytest.fixture(scope="session", autouse=True)
def packages() -> None:
    """Streamlit is here, and the app's modules are found as Streamlit finds them."""
    dashboard_packages()
    sys.path.insert(0, str(EXAMPLE))


@pytest.fixture(scope="session")
def site() -> Iterator[DashboardSite]:
    """Leave it fresh: without pending changes, and every reading in the views."""
    with dashboard_site(whole=screenshots_folder() is not None) as running:
        yield running


@pytest.fixture
def open_page(site: DashboardSite, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPage]:
    """A page of somebody who has just come; the process has asked nothing yet."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    steer(monkeypatch, site.environment)

    def forget() -> None:
        st.cache_data.clear()
        st.cache_resource.clear()

    forget()
    yield lambda: AppTest.from_file(str(EXAMPLE / "app.py"), default_timeout=SECONDS).run()
    forget()
