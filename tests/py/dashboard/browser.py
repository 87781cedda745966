"""The dashboard as it is run, and a browser before it: a real one, without a window."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ahu_sql.demo.processes import LOOPBACK, free_port
from dashboard.pictures import save_small
from dashboard.site import DashboardSite
from servers.dashboard import EXAMPLE
from servers.debian import CHROMIUM

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

START_SECONDS = 60.0
PATIENCE_MS = 60_000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def wait_for_page(url: str, process: subprocess.Popen[bytes]) -> None:
    """Returns when Streamlit answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, f"it ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{url} never answered"
            time.sleep(0.1)


@contextmanager
def running_dashboard(site: DashboardSite, folder: Path) -> Iterator[str]:
    """Its address. All that it is told stands in a secrets.toml: the example, filled in."""
    example = (EXAMPLE / ".streamlit" / "secrets.toml.example").read_text()
    told = site.environment
    filled = example.replace("port = 6432", f"port = {site.pooler.port}")
    filled = filled.replace('password = ""', f"password = '''{told['PGPASSWORD']}'''")
    secrets = folder / "secrets.toml"
    secrets.write_text(filled)
    assert tomllib.loads(filled)["connections"]["ahu_read"]["password"] == told["PGPASSWORD"]

    port = free_port()
    options = ["--server.address", LOOPBACK, "--server.port", str(port), "--server.headless=true"]
    options += ["--secrets.files", str(secrets)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options],
            cwd=EXAMPLE,
            env={name: value for name, value in os.environ.items() if name[:2] != "PG"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://{LOOPBACK}:{port}"
        wait_for_page(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Chromium. It lives for some tests: while it does, the thread can run no asyncio."""
    program = CHROMIUM.program()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Somebody with the page open, a continent away from the plant."""

    def __init__(self, browser: Browser, url: str, scheme: str = "light") -> None:
        """scheme: light or dark, as the visitor's system has it."""
        self.context = browser.new_context(
            viewport={"width": 1360, "height": 900},
            color_scheme=scheme,
            timezone_id="America/Los_Angeles",
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)
        self.page.goto(url)
        self.wait_for_charts(3)
        self.settle()

    def _note(self, message: object) -> None:
        if message.type in ("error", "warning"):  # type: ignore[attr-defined]
            self.complaints.append(message.text)  # type: ignore[attr-defined]

    def settle(self) -> None:
        """Until Streamlit has nothing more to do."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()

    def go_to(self, view: str, charts: int) -> None:
        """Another view, which has so many charts."""
        self.page.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
        self.wait_for_charts(charts)
        self.settle()

    def headline(self, label: str) -> str:
        """The number above the charts."""
        metric = self.page.get_by_test_id("stMetric").filter(has_text=label)
        return metric.get_by_test_id("stMetricValue").inner_text()

    def badge(self, text: str) -> Locator:
        """The one that says this."""
        # with a tooltip there are two, of which one is hidden
        badges = self.page.locator(".stMarkdownBadge").filter(visible=True)
        return badges.filter(has_text=re.compile(rf"\b{text}\b"))

    def wait_for_charts(self, count: int) -> None:
        """Until there are so many, no less and no more, all of them drawn."""
        self.page.wait_for_function(
            "count => document.querySelectorAll('[data-testid=stVegaLiteChart] > svg').length"
            " === count",
            arg=count,
        )

    def tracebacks(self) -> int:
        """How many."""
        return self.page.get_by_test_id("stException").count()

    def type_days(self, first: str, last: str) -> None:
        """Into the form of the readings; days such as 20250801."""
        fields = self.page.get_by_test_id("stDateInput").get_by_role("spinbutton")
        for field, day in ((0, first), (3, last)):
            fields.nth(field).click()
            self.page.keyboard.type(day)

    def photograph(self, folder: Path | None, name: str) -> None:
        """Where somebody wants pictures."""
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self.page.mouse.move(5, 5)
        self.page.wait_for_timeout(1500)  # what moves comes to rest
        save_small(self.page.screenshot(animations="disabled"), folder / f"{name}.png")
