"""A streaming standby of a server of our own: on its port, at another address of this machine."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from ahu_sql.demo import processes
from ahu_sql.demo.account import server_account, temporary_folder
from ahu_sql.demo.processes import LOOPBACK
from ahu_sql.demo.server import LocalServer
from servers.places import MissingError
from servers.running import Stopped

HOST = "127.0.0.2"
START_SECONDS = 60.0


class Standby(Stopped):
    """A running standby; use it as a context manager."""

    def __init__(self, primary: LocalServer) -> None:
        """Copy the primary and follow it; returns when it takes connections."""
        if sys.platform != "linux":
            raise MissingError(f"{HOST} is no address of this machine; on Linux it is one")
        self.host = HOST
        self.port = primary.port
        self.binaries = primary.binaries
        self._account = server_account()
        self._folder = temporary_folder(self._account)
        self._process: processes.Process | None = None
        copy = [
            str(primary.binaries / "pg_basebackup"),
            *("--host", LOOPBACK, "--port", str(primary.port), "--username", "postgres"),
            *("--pgdata", str(self._folder / "data"), "--write-recovery-conf"),
            *("--wal-method", "stream", "--checkpoint", "fast", "--no-sync"),
        ]
        done = processes.run(copy, self._account, self._folder)
        assert done.returncode == 0, done.stdout
        with (self._folder / "data" / "postgresql.conf").open("a") as file:
            file.write(
                f"\nlisten_addresses = '{HOST}'\nunix_socket_directories = '{self._folder}'\n"
            )
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def dsn(self, dbname: str = "postgres") -> str:
        """The superuser's connection string."""
        return make_conninfo(host=self.host, port=self.port, dbname=dbname, user="postgres")

    def start(self) -> None:
        """Returns when it takes connections."""
        command = [
            str(self.binaries / "postgres"),
            *("-D", str(self._folder / "data"), "-p", str(self.port)),
        ]
        log = self._folder / "log"
        self._process = processes.start(command, self._account, self._folder, log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.dsn(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text(errors="replace")[-2000:]) from None
                time.sleep(0.02)

    def kill(self) -> None:
        """A crash."""
        if self._process:
            processes.kill_with_children(self._process)
            self._process = None

    def stop(self) -> None:
        """Fast shutdown; its folder goes too."""
        if self._process:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(Path(self._folder), ignore_errors=True)
