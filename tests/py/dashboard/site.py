"""The demo's plant behind a pooler, for a dashboard: some days at each end of its two months."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from ahu_sql.demo import plant
from ahu_sql.demo.processes import LOOPBACK
from databases import Database
from pooler.site import DATABASE, PooledSite, install_with_passwords, start_server
from refreshing import Answer, call
from servers.pooler import PASSWORDS, PoolerProcess, protect, render_pooler, start_pooler

ZONE = "Asia/Seoul"
EMPTY = "empty_plant"
POOLER = "1.24"

# what each of the dashboard's questions has and no other
QUESTIONS = {
    "freshness": "from ahu.freshness",
    "months": "from ahu.mv_monthly_ahu_costs",
    "costs": "from ahu.mv_daily_ahu_costs",
    "kwh": "from ahu.mv_daily_ahu_kwh",
    "readings": "from ahu.readings",
}


@dataclass(frozen=True)
class DashboardSite(PooledSite):
    """A plant of 45 AHUs, and the way to it that a dashboard has."""

    @property
    def environment(self) -> dict[str, str]:
        """The dashboard's: the pooler's alias is the default."""
        return environment(self.pooler)

    def forget_questions(self) -> None:
        """From now on questions are counted anew."""
        self.database.execute("select pg_stat_statements_reset()")

    def questions(self) -> dict[str, int]:
        """What ahu_read has asked since then, and how many times; the pool's pings left out."""
        rows = self.database.rows(
            "select s.query, s.calls from pg_stat_statements as s "
            "where s.userid = 'ahu_read'::regrole and s.query like '%ahu.%'"
        )
        found: Counter[str] = Counter()
        for query, calls in rows:
            (name,) = [name for name, part in QUESTIONS.items() if part in query]
            found[name] += calls
        return dict(found)

    def write(self, statement: str) -> None:
        """As the ETL."""
        with self.pooler.connect("ahu_write") as etl:
            etl.execute(statement)

    def refresh(self) -> Answer:
        """As the ETL's last step."""
        with self.pooler.connect("ahu_write") as etl:
            return call(etl)


def environment(pooler: PoolerProcess) -> dict[str, str]:
    """What a dashboard is told; the rest is as it comes: alias and role are ahu_read."""
    return {
        "PGHOST": LOOPBACK,
        "PGPORT": str(pooler.port),
        "PGPASSWORD": PASSWORDS["ahu_read"],
        "DASHBOARD_TIME_ZONE": ZONE,
        "DASHBOARD_CURRENCY": "KRW",
    }


@contextmanager
def dashboard_site(whole: bool) -> Iterator[DashboardSite]:
    """The plant with two months of readings, or with a day of the first and four of the last.

    whole: for who looks at it. Beside it lies a database that has no reading yet.
    """
    with start_server(shared_preload_libraries="pg_stat_statements") as server:
        for name in (DATABASE, EMPTY):
            with psycopg.connect(server.dsn(), autocommit=True) as connection:
                connection.execute(f"create database {name}")  # type: ignore[call-overload]
            with Database(server, name).connect() as owner:
                plant.create_plant(owner)
                if name == DATABASE:
                    owner.execute("create extension pg_stat_statements")
                    _load(owner, whole)
            install_with_passwords(server.dsn(name))
        folder = server.folder / "rendered"
        folder.mkdir()
        render_pooler(folder, POOLER, server, 6432, DATABASE)
        doors = folder / "server_hba.conf"
        doors.write_text(doors.read_text().replace(DATABASE, f"{DATABASE},{EMPTY}"))
        protect(server, folder)
        with start_pooler(server, POOLER, DATABASE) as pooler:
            yield DashboardSite(server, pooler)


def _load(owner: psycopg.Connection[tuple[object, ...]], whole: bool) -> None:
    if whole:
        plant.load_readings(owner)
        return
    plant.load_readings(owner, until_time=plant.PERIOD_START + timedelta(days=1))
    plant.load_readings(owner, from_time=plant.PERIOD_END - timedelta(days=4))


def steer(patch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """This process's environment, which the app reads; what it sets itself is undone too."""
    for name in [name for name in os.environ if name.startswith(("PG", "DASHBOARD_"))]:
        patch.delenv(name)
    patch.setenv("PGTZ", "UTC")
    for name, value in variables.items():
        patch.setenv(name, value)


def screenshots_folder() -> Path | None:
    """Where `make screenshots` wants them."""
    named = os.environ.get("AHU_SCREENSHOTS")
    return Path(named) if named else None
