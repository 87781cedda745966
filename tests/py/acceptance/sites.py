"""Where is measured: a plant of our own, or a site that is there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from acceptance.loads import corrections, new_readings, refreshes, rewritten_readings
from acceptance.questions import Plant, look_at_plant
from ahu_sql.console import progress, say
from ahu_sql.demo.plant import PERIOD_END, create_plant, load_readings
from ahu_sql.demo.server import LocalServer
from ahu_sql.errors import AhuSqlError
from ahu_sql.settings import Pgbouncer, Settings
from crowd import Etl
from databases import Database
from plant import RAW_TABLE, into_hypertable
from pooler.site import DATABASE, create_database, install_behind_doors, start_server
from servers.catalogue import chosen_server
from servers.pooler import start_pooler

POOLER = "1.24"

# As many connections as PostgreSQL comes with, commits that wait for the disk, and memory for about
# a year of readings.
SERVER = {"max_connections": "100", "shared_buffers": "1GB", "fsync": "on"}

OUTSIDERS = f"""
    create role operator login in role pg_monitor;
    create role old_dashboard login in role ahu_read;
    grant usage on schema ahu_data to old_dashboard;
    grant select on {RAW_TABLE} to old_dashboard;
    create role old_etl login in role ahu_write
"""
"""Roles without limits, who come without the pooler."""


@dataclass(frozen=True)
class Way:
    """How dashboards and the ETL get in. etls: none, where the ETL is not ours."""

    dashboards: str
    etls: tuple[Etl, ...] = ()


@dataclass(frozen=True)
class Site:
    """What is measured.

    monitor: who may see all connections. direct: past the pooler, by roles that may also read raw.
    superuser: who may compare views with raw. Each None: not there.
    """

    title: str
    plant: Plant
    settings: Settings
    pooled: Way
    monitor: str | None
    direct: Way | None = None
    superuser: str | None = None

    @property
    def promised(self) -> Mapping[str, int]:
        """By role: how many connections its pool has at most."""
        pooler = self.settings.pgbouncer
        return {"ahu_read": pooler.read_connections, "ahu_write": pooler.write_connections}


@contextmanager
def own_plant(ahus: int, days: int) -> Iterator[LocalServer]:
    """A server with the demo's plant, installed, and with roles that come past the pooler."""
    with start_server(**SERVER) as server:
        database = create_database(server)
        _fill(database, ahus, days)
        say("installing ahu-sql, and folding all readings")
        install_behind_doors(server)
        database.execute("vacuum analyze")
        database.execute(OUTSIDERS)
        yield server


@contextmanager
def behind_pooler(server: LocalServer, clients: int, *settings: str) -> Iterator[Site]:
    """The site of that server, with a place for each of so many dashboards.

    settings: of [pgbouncer], over those of the product.
    """
    superuser = server.dsn(DATABASE)
    places = clients + Pgbouncer().write_client_conn
    with (
        psycopg.connect(superuser, autocommit=True) as session,
        start_pooler(server, POOLER, DATABASE, f"max_client_conn={places}", *settings) as door,
    ):
        # an ETL that was here before may have left readings that are in no view
        session.execute("call ahu.refresh_dashboard_views()")
        plant = _plant(session)
        # one iterator for each session, whichever way it comes: no reading comes twice
        steps = (new_readings(plant), corrections(plant))

        def way(dashboards: str, etl: str) -> Way:
            return Way(dashboards, tuple(Etl(etl, some) for some in steps))

        yield Site(
            title=f"{_size(plant)}, {_readings(session):,} readings; {_versions(session)}, "
            f"pgbouncer {POOLER}",
            plant=plant,
            settings=Settings(),
            pooled=way(door.dsn("ahu_read"), door.dsn("ahu_write")),
            monitor=server.dsn(DATABASE, "operator"),
            direct=way(server.dsn(DATABASE, "old_dashboard"), server.dsn(DATABASE, "old_etl")),
            superuser=superuser,
        )


def given_site(
    dsn: str, monitor: str | None, etl: str | None, settings: Settings, *, rewrites: bool
) -> Site:
    """A site of somebody's, which is only asked.

    dsn: as ahu_read, through the pooler. etl: as ahu_write; then the refresh is called too.
    rewrites: and readings of the newest hour are given the values that they have.
    """
    with _session(dsn, "--dsn") as session:
        plant = _plant(session)
        versions = _versions(session)
    for other, name in ((monitor, "--monitor-dsn"), (etl, "--etl-dsn")):
        if other:
            _session(other, name).close()
    steps = rewritten_readings(plant, settings.source) if rewrites else refreshes()
    return Site(
        title=f"{_size(plant)}; {versions}",
        plant=plant,
        settings=settings,
        pooled=Way(dsn, (Etl(etl, steps),) if etl else ()),
        monitor=monitor,
    )


def _fill(database: Database, ahus: int, days: int) -> None:
    """The demo's plant; more AHUs than it has are its own under other names."""
    with database.connect() as session:
        has_timescaledb = chosen_server().has_timescaledb
        if has_timescaledb:
            session.execute("create extension timescaledb")
        create_plant(session)
        if has_timescaledb:
            session.execute(into_hypertable())
        session.execute(
            "insert into demo.ahus select ahu_id || '_' || n, number + 100 * n, ccv_kcal_h, "
            "hcv_kcal_h, pc_ccv_kcal_h, dh_hcv_kcal_h, ac_ccv_kcal_h, ac_hcv_kcal_h, fan_kw, "
            "off_at_night from demo.ahus cross join generate_series(2, %s / 45 + 1) as n",
            [ahus],
        )
        session.execute(
            "delete from demo.ahus where ahu_id not in "
            "(select ahu_id from demo.ahus order by number limit %s)",
            [ahus],
        )
        with progress("inventing readings") as tell:
            load_readings(session, PERIOD_END - timedelta(days=days), PERIOD_END, tell)
    database.execute("vacuum analyze")


def _session(dsn: str, option: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise AhuSqlError(
            f"cannot connect with {option}",
            detail=str(error).strip(),
            hint="Passwords come from PGPASSWORD or from the file of passwords, ~/.pgpass.",
        ) from error


def _plant(session: psycopg.Connection[Any]) -> Plant:
    try:
        plant = look_at_plant(session)
    except psycopg.Error as error:
        raise AhuSqlError(
            "the views cannot be read",
            detail=str(error).strip(),
            hint="Run ahu-sql install first, and connect as ahu_read through the pooler.",
        ) from error
    if plant is None:
        raise AhuSqlError(
            "the views are empty",
            detail="There is nothing to ask for.",
            hint="Run ahu-sql install or ahu-sql refresh when there are readings.",
        )
    return plant


def _size(plant: Plant) -> str:
    return f"{len(plant.ahu_ids)} AHUs, {plant.days} days"


def _readings(session: psycopg.Connection[Any]) -> int:
    (count,) = session.execute(f"select count(*) from {RAW_TABLE}").fetchone() or (0,)
    return int(count)


def _versions(session: psycopg.Connection[Any]) -> str:
    row = session.execute(
        "select 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1) || "
        "coalesce((select ' with TimescaleDB ' || e.extversion from pg_extension as e "
        "where e.extname = 'timescaledb'), '')"
    ).fetchone()
    return str(row[0]) if row else ""
