"""The plant behind a pooler: how it is made, and how tests get to its server and its pooler."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ahu_sql.demo.account import server_account, temporary_folder
from ahu_sql.demo.server import LocalServer
from databases import Database
from plant import plant_readings, raw_table
from product import ahu_sql
from servers.catalogue import chosen_server
from servers.pooler import PASSWORDS, PoolerProcess, protect, render_pooler

DATABASE = "ahu_monitoring"
AHUS = 45
DAYS = 30


@dataclass(frozen=True)
class PooledSite:
    """A server and the pooler before it."""

    server: LocalServer
    pooler: PoolerProcess

    @property
    def database(self) -> Database:
        """The plant's database, reached as a superuser and not through the pooler."""
        return Database(self.server, DATABASE)

    @property
    def version(self) -> str:
        """The pooler's."""
        return self.pooler.version


@contextmanager
def start_server(**settings: str) -> Iterator[LocalServer]:
    """A server of its own, with a Unix socket in its folder."""
    account = server_account()
    folder = temporary_folder(account)
    server = chosen_server().start_own({"unix_socket_directories": str(folder), **settings}, folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def install_site(
    server: LocalServer, *settings: str, days: int = DAYS, minutes: int = 60
) -> Database:
    """The plant with readings, the product with passwords, and the server's own doors closed.

    settings: of [pgbouncer], where the server is not reached by its Unix socket.
    """
    database = create_database(server)
    raw_table(database)
    plant_readings(database, ahus=AHUS, days=days, minutes=minutes)
    install_behind_doors(server, *settings)
    return database


def create_database(server: LocalServer) -> Database:
    """The plant's, empty."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {DATABASE}")
    return Database(server, DATABASE)


def install_behind_doors(server: LocalServer, *settings: str) -> None:
    """The product with passwords where the raw table is there already; see install_site."""
    install_with_passwords(server.dsn(DATABASE))
    with tempfile.TemporaryDirectory() as folder:
        render_pooler(Path(folder), "1.24", server, 6432, DATABASE, *settings)
        protect(server, Path(folder))


def install_with_passwords(dsn: str, passwords: Mapping[str, str] = PASSWORDS) -> str:
    """`ahu-sql install` with the passwords in its environment; what it said."""
    environment = {f"{role.upper()}_PASSWORD": word for role, word in passwords.items()}
    done = ahu_sql("install", "--dsn", dsn, environment=environment)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stderr
