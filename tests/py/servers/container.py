"""The image `timescale/timescaledb-ha:pg17` in Docker: community-licence TimescaleDB, pg_cron.

What PGlite cannot do is possible here: several sessions, and background workers that run jobs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from ahu_sql.demo.server import embedded_binaries
from servers.places import MissingError
from servers.running import Stopped

IMAGE = "timescale/timescaledb-ha:pg17"
PORT = 5432
PING_SECONDS = 5
START_SECONDS = 120.0


def require_docker() -> None:
    """Raises MissingError where no Docker daemon answers."""
    try:
        import docker
        from docker.errors import DockerException
    except ImportError:
        raise MissingError(f"{IMAGE} needs testcontainers: pip install '.[test]'") from None
    try:
        docker.from_env(timeout=PING_SECONDS).ping()
    except DockerException:
        raise MissingError(
            f"{IMAGE} needs a Docker daemon, and none answers; start one that `docker info` finds"
        ) from None


class ContainerServer(Stopped):
    """A server in a container of its own, which goes when it is stopped."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Start it, pulling the image where it is not here yet; returns when it answers."""
        require_docker()
        from testcontainers.core.container import DockerContainer

        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._container = (
            DockerContainer(IMAGE)
            .with_env("POSTGRES_HOST_AUTH_METHOD", "trust")
            .with_command(["postgres", *options])
            .with_exposed_ports(PORT)
        )
        self._container.start()
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int | None:
        """The postmaster's, inside of the container."""
        return 1

    @property
    def binaries(self) -> Path:
        """Client programs of PostgreSQL 18, which speak with older servers as well."""
        return embedded_binaries()

    def dsn(self, dbname: str = "postgres", user: str = "postgres") -> str:
        """The connection string in libpq's keyword form; nobody needs a password."""
        return make_conninfo(
            host=self._container.get_container_host_ip(),
            port=self._container.get_exposed_port(PORT),
            dbname=dbname,
            user=user,
        )

    def stop(self) -> None:
        """Remove the container."""
        self._container.stop()

    def _wait(self) -> None:
        # while the image sets up its data folder, its server listens on no TCP port
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.dsn(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
