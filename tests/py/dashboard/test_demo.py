"""`make dashboard`: what it starts, for whom, and what is left after Ctrl-C."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ahu_sql.demo.processes import LOOPBACK, descendants, free_port
from dashboard.browser import Visitor, running_browser, wait_for_page
from servers.dashboard import EXAMPLE

PSQL = re.compile(r"psql '(host=\S+ port=\d+ dbname=\S+ user=\S+)'")

ELSEWHERE = """
[connections.ahu_read]
url = "postgresql+psycopg://ahu_read@127.0.0.1:1/elsewhere"
"""


def test_it_serves_the_demos_plant_on_loopback_alone_until_ctrl_c(tmp_path: Path) -> None:
    port, said, example = free_port(), tmp_path / "said", tmp_path / "streamlit"
    shutil.copytree(EXAMPLE, example)
    # of somebody who has the dashboard of a site too
    (example / ".streamlit" / "secrets.toml").write_text(ELSEWHERE)
    command = [sys.executable, example / "demo.py", "--days", "1", "--"]
    with said.open("wb") as output:
        demo = subprocess.Popen(
            [*command, "--server.port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_for_page(f"http://{LOOPBACK}:{port}", demo)
        dsn = PSQL.search(said.read_text())
        assert dsn is not None, said.read_text()
        with psycopg.connect(dsn[1]) as session:
            (folder,) = session.execute("show data_directory").fetchone() or ("",)
            rows = session.execute("select count(*) from ahu.mv_daily_ahu_costs").fetchone()
        assert rows == (45,)
        listening = set().union(*(addresses(pid) for pid in descendants(demo.pid)))
        assert listening == {LOOPBACK}
        with running_browser() as browser:
            visitor = Visitor(browser, f"http://{LOOPBACK}:{port}")
            visitor.badge("fresh").wait_for()
            assert visitor.headline("Total").endswith(" M")
            assert visitor.complaints == []
    finally:
        os.killpg(demo.pid, signal.SIGINT)  # what a terminal does
        ended = demo.wait(60)
    assert ended == 0, said.read_text()
    assert "Traceback" not in said.read_text()
    assert not Path(folder).exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn[1])


def addresses(pid: int) -> set[str]:
    """On which a process listens; none where it has just ended, as a server's workers do."""
    import psutil  # which the embedded server brings

    try:
        found = psutil.Process(pid).net_connections(kind="inet")
    except psutil.NoSuchProcess:
        return set()
    return {each.laddr.ip for each in found if each.status == psutil.CONN_LISTEN}
