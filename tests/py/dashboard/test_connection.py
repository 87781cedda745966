"""The ways in which the dashboard is told where the pooler is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.page import OpenPage, headline
from dashboard.site import DashboardSite, steer


def test_what_nobody_says_is_as_the_pooler_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from connection import environment_url

    steer(monkeypatch, {})
    assert str(environment_url()) == "postgresql+psycopg://ahu_read@127.0.0.1:6432/ahu_read"
    steer(monkeypatch, {"PGHOST": "db1", "PGUSER": "someone"})
    assert str(environment_url()) == "postgresql+psycopg://:6432/ahu_read"  # libpq adds the rest


def test_a_service_says_everything(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told, services = site.environment, tmp_path / "services"
    services.write_text(
        f"[plant]\nhost={told['PGHOST']}\nport={told['PGPORT']}\n"
        f"dbname=ahu_read\nuser=ahu_read\npassword={told['PGPASSWORD']}\n"
    )
    steer(monkeypatch, {"PGSERVICE": "plant", "PGSERVICEFILE": str(services)})
    page = open_page()
    assert not page.error
    assert headline(page, "Total").endswith(" M")


def test_a_process_has_fewer_connections_than_the_pooler_has_for_ahu_read(
    site: DashboardSite, open_page: OpenPage
) -> None:
    open_page()
    from connection import _connection

    pool = _connection().engine.pool
    (row,) = [row for row in site.pooler.show("databases") if row["name"] == "ahu_read"]
    assert pool.size() + pool._max_overflow == 15 < int(row["pool_size"]) == 20
