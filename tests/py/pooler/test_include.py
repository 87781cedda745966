"""A file of the site's own that real poolers of each version include."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ahu_sql.demo.account import server_account, temporary_folder
from ahu_sql.demo.server import LocalServer
from pooler.conftest import VERSIONS
from pooler.site import DATABASE
from product import ahu_sql
from servers.pooler import PoolerProcess, start_pooler


@pytest.fixture
def own_lines() -> Iterator[Path]:
    """What we have no settings for, and one over what we have."""
    account = server_account()
    folder = temporary_folder(account)
    file = folder / "site.ini"
    file.write_text(
        "; of the site\n"
        f"logfile = {folder}/pgbouncer.log\n"
        f"pidfile = {folder}/pgbouncer.pid\n"
        "server_tls_sslmode = disable\n"
        "query_wait_timeout = 14\n"
    )
    if account:
        account.own(folder)
    yield file
    shutil.rmtree(folder, ignore_errors=True)


def in_force(pooler: PoolerProcess) -> dict[str, str | None]:
    return {row["key"]: row["value"] for row in pooler.show("config")}


@pytest.mark.parametrize("version", VERSIONS)
def test_its_values_are_in_force_and_ours_beside_them(
    pooled_server: LocalServer, own_lines: Path, version: str
) -> None:
    text = own_lines.read_text()
    with start_pooler(pooled_server, version, DATABASE, f"include={own_lines}") as pooler:
        now = in_force(pooler)
        assert now["server_tls_sslmode"] == "disable"
        assert now["query_wait_timeout"] == "14"
        assert now["logfile"] == f"{own_lines.parent}/pgbouncer.log"
        assert int((own_lines.parent / "pgbouncer.pid").read_text()) == pooler.pid
        # what is said before it stays
        assert now["auth_type"] == "hba" and now["query_timeout"] == "0"
        assert now["tcp_user_timeout"] == "30000" and now["max_client_conn"] == "200"
        with pooler.connect("ahu_read") as client:
            assert client.execute("select 1").fetchone() == (1,)
        done = ahu_sql("pgbouncer", "check", str(pooler.folder), "--dsn", pooler.console_dsn)
        assert done.returncode == 0, done.stdout
        # and a reload reads it again
        own_lines.write_text(text.replace("14", "13"))
        pooler.reload()
        deadline = time.monotonic() + 20
        while in_force(pooler)["query_wait_timeout"] != "13":
            assert time.monotonic() < deadline
            time.sleep(0.05)
