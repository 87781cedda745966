"""What keeps the page from being shown is said in one box, in words, and without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ahu_sql.demo.processes import free_port
from dashboard.page import OpenPage, headline
from dashboard.site import EMPTY, POOLER, DashboardSite, environment, steer
from databases import Database
from servers.pooler import PASSWORDS, start_pooler

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest


@pytest.fixture
def secrets_file(tmp_path: Path) -> Iterator[Path]:
    """Where Streamlit looks for secrets.toml, for one test."""
    import streamlit as st
    from streamlit import config

    before, file = config.get_option("secrets.files"), tmp_path / "secrets.toml"
    config.set_option("secrets.files", [str(file)])
    yield file
    config.set_option("secrets.files", before)
    st.secrets._reset()


def plain(page: AppTest) -> str:
    """The only box, without Markdown's backslashes."""
    assert not page.exception, page.exception
    (error,) = page.error
    return str(error.value.replace("\\", ""))


def test_a_server_that_is_away_is_told_as_such(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    steer(monkeypatch, site.environment | {"PGPORT": str(free_port())})
    page = open_page()
    assert not page.exception
    said = plain(page)
    assert "**the database does not answer**" in said
    assert "Connection refused" in said


def test_a_pooler_that_comes_back_is_found_again(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start_pooler(site.server, POOLER, site.database.name) as pooler:
        steer(monkeypatch, environment(pooler))
        page = open_page()
        total = headline(page, "Total")
        pooler.kill()
        page.run()
        assert not page.exception
        assert "**the database does not answer**" in plain(page)

        pooler.start()
        (again,) = [button for button in page.button if button.label == "Try again"]
        again.click().run()
        assert not page.error
        assert headline(page, "Total") == total

        pooler.kill()  # and back before anybody notices
        pooler.start()
        page.run()
        assert not page.error


def test_a_wrong_password_is_told_as_such(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    steer(monkeypatch, site.environment | {"PGPASSWORD": "wrong"})
    page = open_page()
    assert not page.exception
    said = plain(page)
    assert "**the database does not know this user, password or database name**" in said
    assert "SASL authentication failed" in said
    assert "wrong" not in said


def test_a_zone_that_does_not_exist_is_told_as_such(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    steer(monkeypatch, site.environment | {"DASHBOARD_TIME_ZONE": "Asia/Soul"})
    page = open_page()
    assert not page.exception
    assert 'there is no time zone "Asia/Soul"' in plain(page)


@pytest.mark.parametrize(
    ("message", "change", "undo"),
    [
        (
            'relation "ahu.freshness" does not exist',
            "alter view ahu.freshness rename to gone",
            "alter view ahu.gone rename to freshness",
        ),
        # pgbouncer's look-up is in it
        (
            "the pooler cannot look up passwords",
            "alter schema ahu rename to gone",
            "alter schema gone rename to ahu",
        ),
    ],
)
def test_a_database_without_the_views_is_told_as_such(
    site: DashboardSite,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    message: str,
    change: str,
    undo: str,
) -> None:
    owner = Database(site.server, EMPTY)
    owner.execute(change)
    try:
        with start_pooler(site.server, POOLER, EMPTY) as pooler:
            steer(monkeypatch, environment(pooler))
            said = plain(open_page())
    finally:
        owner.execute(undo)
    assert f"**{message}**" in said
    assert "Is ahu-sql installed in this database?" in said


def test_a_role_that_may_not_read_the_views_is_told_which_one_may(
    site: DashboardSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    etl = {"PGUSER": "ahu_write", "PGDATABASE": "ahu_write", "PGPASSWORD": PASSWORDS["ahu_write"]}
    steer(monkeypatch, site.environment | etl)
    said = plain(open_page())
    assert "**permission denied for view freshness**" in said
    assert "Connect as ahu_read" in said


def test_a_secrets_file_with_a_slip_is_not_taken_for_none(
    open_page: OpenPage, secrets_file: Path
) -> None:
    secrets_file.write_text("[connections.ahu_read]\npassword = secret\n")
    said = plain(open_page())
    assert "**secrets.toml is not TOML**" in said
    assert "line 2" in said and "secret " not in said


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ('dialect = "postgresql"\nhost = "127.0.0.1"', "username"),
        ('dialect = "postgres"\nhost = "127.0.0.1"\nusername = "ahu_read"', "postgres"),
    ],
)
def test_a_secrets_file_that_lacks_something_says_what(
    open_page: OpenPage, secrets_file: Path, lines: str, reason: str
) -> None:
    secrets_file.write_text(f"[connections.ahu_read]\n{lines}\n")
    said = plain(open_page())
    assert "**[connections.ahu_read] in secrets.toml cannot be used**" in said
    assert reason in said.splitlines()[2]


def test_when_every_connection_is_taken_the_page_says_so(
    site: DashboardSite, open_page: OpenPage, secrets_file: Path
) -> None:
    secrets_file.write_text(
        "[connections.ahu_read]\n"
        'dialect = "postgresql"\ndriver = "psycopg"\n'
        f'host = "127.0.0.1"\nport = {site.pooler.port}\n'
        'database = "ahu_read"\nusername = "ahu_read"\n'
        "[connections.ahu_read.create_engine_kwargs]\n"
        "pool_size = 1\nmax_overflow = 0\npool_timeout = 0.2\n"
    )
    page = open_page()
    assert not page.error
    from connection import _connection

    with _connection().connect():
        page.run()
        assert "**too many people ask at once**" in plain(page)
    page.run()
    assert not page.error
