"""`make dashboard`: the demo's plant on a PostgreSQL of its own, and the dashboard before it.

There is no pooler here: the dashboard comes straight to the server, as ahu_read. Both listen on
loopback alone; Ctrl-C ends both, and nothing is left behind.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from ahu_sql import applier, backfill
from ahu_sql.console import progress, say
from ahu_sql.database import connect
from ahu_sql.demo import plant
from ahu_sql.demo.processes import LOOPBACK
from ahu_sql.demo.server import LocalServer, embedded_binaries
from ahu_sql.errors import AhuSqlError
from ahu_sql.options import rendered_files
from ahu_sql.settings import Settings

APP = Path(__file__).with_name("app.py")
DATABASE = "ahu_monitoring"
CURRENCY = "KRW"
"""Of the demo's readings: their columns say so."""
STOP_SECONDS = 10


def main() -> int:
    """Exit code of the dashboard, 0 after Ctrl-C; 2 where the server could not be started."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=plant.PERIOD_DAYS, help="of readings")
    parser.add_argument("options", nargs="*", help="for streamlit run, after --")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    try:
        with LocalServer.start(embedded_binaries()) as server:
            _fill(server, given.days)
            _say_what_to_try(server)
            return _serve(server, given.options)
    except AhuSqlError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 0


def _fill(server: LocalServer, days: int) -> None:
    settings = Settings()
    with connect(server.dsn()) as connection:
        connection.execute(f"create database {DATABASE}")
    with connect(server.dsn(DATABASE)) as owner:
        plant.create_plant(owner)
        begin = plant.PERIOD_END - timedelta(days=days)
        with progress("readings of 45 AHUs") as move:
            plant.load_readings(owner, begin, progress=move)
        applier.install(owner, rendered_files(settings), settings, patience_s=60, say=say)
        with progress("install: backfill") as move:
            backfill.backfill(owner, batch_days=7, progress=move)


def _say_what_to_try(server: LocalServer) -> None:
    """Each line can be pasted: what the badge says after it, and what a refresh does."""
    psql = shlex.join([str(server.binaries / "psql"), server.dsn(DATABASE)])
    late = plant.PERIOD_END - timedelta(hours=12) + timedelta(minutes=3)
    say(
        f'\nA late reading: {psql} -c "insert into ahu_data.energy_readings (timestamp, ahu_id, '
        f"sf_cost_krw) values ('{late}', 'AHU01', 1000000)\"\n"
        f'Its refresh:    {psql} -c "call ahu.refresh_dashboard_views()"\n'
        "Ctrl-C ends the dashboard and its server.\n"
    )


def _serve(server: LocalServer, options: Sequence[str]) -> int:
    """Until it ends by itself, or by Ctrl-C, which reaches it too."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {
        "PGHOST": LOOPBACK,
        "PGPORT": str(server.port),
        "PGDATABASE": DATABASE,
        "PGUSER": "ahu_read",
        "DASHBOARD_TIME_ZONE": Settings().source.time_zone,
        "DASHBOARD_CURRENCY": CURRENCY,
    }
    where = ["--server.address", LOOPBACK, "--server.headless", "true"]
    # there is no such file: a site's own secrets.toml would lead to the site
    where += ["--secrets.files", str(server.folder / "secrets.toml")]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *where, *options]
    # from its own folder, where Streamlit looks for its configuration
    dashboard = subprocess.Popen(command, cwd=APP.parent, env=environment)
    try:
        return dashboard.wait()
    finally:
        dashboard.terminate()
        try:
            dashboard.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            dashboard.kill()
            dashboard.wait()


if __name__ == "__main__":
    sys.exit(main())
