"""One pgbouncer of our own before a server: files of the product, a free port, nothing left."""

from __future__ import annotations

import atexit
import getpass
import shutil
import signal
import time
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from ahu_sql.demo import processes
from ahu_sql.demo.account import readable_copy, server_account, temporary_folder
from ahu_sql.demo.processes import LOOPBACK
from ahu_sql.demo.server import LocalServer
from product import ahu_sql
from servers.debian import PGBOUNCERS
from servers.running import Stopped

START_SECONDS = 20.0
PASSWORDS = {
    "ahu_read": "leser \\' und \" 독자",
    "ahu_write": "schreiber%41",
    "ahu_pgbouncer": 'door"keeper',
}
"""Of the roles; awkward on purpose."""


@cache
def _program(version: str) -> Path:
    """What the server's system user may run, in a copy where it must be."""
    program, account = PGBOUNCERS[version].program(), server_account()
    if account is None or account.can_run(program):
        return program
    copies = temporary_folder(account)
    atexit.register(shutil.rmtree, copies, ignore_errors=True)
    return readable_copy(program.parent, copies, account) / program.name


class PoolerProcess(Stopped):
    """A running pgbouncer; use it as a context manager, or call `stop()`."""

    def __init__(self, version: str, folder: Path, port: int) -> None:
        """Not started yet. folder: with its files, which `rendered` made."""
        self.version = version
        self.folder = folder
        self.port = port
        self._account = server_account()
        self._process: processes.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process id, or None while it does not run."""
        return self._process.pid if self._process else None

    @property
    def is_alive(self) -> bool:
        """Whether the process that was started last is still there."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> Path:
        """All that it said."""
        return self.folder / "log"

    def dsn(self, alias: str, user: str | None = None, password: str | None = None) -> str:
        """How a client comes in by TCP: as the alias's own role, unless told otherwise."""
        role = user or alias
        return make_conninfo(
            host=LOOPBACK,
            port=self.port,
            dbname=alias,
            user=role,
            password=password if password is not None else PASSWORDS.get(role, "x"),
        )

    @property
    def console_dsn(self) -> str:
        """The console, for whoever runs the tests: may look, may not touch."""
        return make_conninfo(
            host=str(self.folder), port=self.port, dbname="pgbouncer", user=getpass.getuser()
        )

    def connect(self, alias: str, **options: Any) -> psycopg.Connection[Any]:
        """A session as the alias's own role, in autocommit; use it in a `with` block."""
        return psycopg.connect(self.dsn(alias), autocommit=True, **options)

    def show(self, what: str) -> list[dict[str, Any]]:
        """Rows of a SHOW command."""
        with psycopg.connect(self.console_dsn, autocommit=True) as console:
            cursor = console.execute(f"show {what}")  # type: ignore[call-overload]
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def command(self, binaries: Path, command: str) -> str:
        """A command on the console, as pgbouncer's own system user, who may do everything."""
        where = ["-h", str(self.folder), "-p", str(self.port), "-U", "pgbouncer"]
        psql = [str(binaries / "psql"), *where, "-Xc", command, "pgbouncer"]
        done = processes.run(psql, self._account, self.folder)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def start(self) -> None:
        """Returns when it takes connections."""
        self._process = processes.start(
            [str(_program(self.version)), str(self.folder / "pgbouncer.ini")],
            self._account,
            self.folder,
            self.log,
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.show("version")
                return
            except psycopg.OperationalError:
                if not self.is_alive or time.monotonic() > deadline:
                    raise RuntimeError(f"pgbouncer did not start:\n{self.log_tail()}") from None
                time.sleep(0.02)

    def kill(self) -> None:
        """A crash: SIGKILL."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """SIGINT lets no client finish; the files go too."""
        if self._process and self.is_alive:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(5)
            except Exception:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def edit(self, old: str, new: str) -> None:
        """Another line in its configuration; in force after `reload` or a start."""
        ini = self.folder / "pgbouncer.ini"
        text = ini.read_text()
        assert old in text
        ini.write_text(text.replace(old, new))

    def reload(self) -> None:
        """It reads its files again."""
        assert self._process
        self._process.send_signal(signal.SIGHUP)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def start_pooler(server: LocalServer, version: str, database: str, *settings: str) -> PoolerProcess:
    """A pgbouncer with the files of the product before a server's Unix socket.

    database: the server's. settings: of [pgbouncer], such as `max_client_conn=220`, over those that
    a machine of several poolers needs. The server must know our roles: see `protect`.
    """
    account = server_account()
    folder = temporary_folder(account)
    port = processes.free_port()
    pooler = PoolerProcess(version, folder, port)
    try:
        render_pooler(folder, version, server, port, database, *settings)
        if account:
            account.own(folder)
        pooler.start()
    except BaseException:
        pooler.stop()
        raise
    return pooler


def render_pooler(
    folder: Path, version: str, server: LocalServer, port: int, database: str, *settings: str
) -> None:
    """The files of the product, by its command line."""
    account = server_account()
    values = [
        f"version={version}",
        f"folder={folder}",
        f"os_user={account.name if account else getpass.getuser()}",
        f"stats_users={getpass.getuser()}",
        f"listen_port={port}",
        f"unix_socket_dir={folder}",
        f"server_host={server.folder}",
        f"server_port={server.port}",
        f"database={database}",
        *settings,
    ]
    flags = [word for value in values for word in ("--set", f"pgbouncer.{value}")]
    done = ahu_sql(
        "pgbouncer",
        "render",
        "--out",
        str(folder),
        *flags,
        environment={"AHU_PGBOUNCER_PASSWORD": PASSWORDS["ahu_pgbouncer"]},
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def protect(server: LocalServer, folder: Path) -> None:
    """Our roles get into the server through the pooler alone, as the product's files say."""
    for name in ("hba", "ident"):
        ours, theirs = folder / f"server_{name}.conf", server.data / f"pg_{name}.conf"
        if ours.exists():
            theirs.write_text(ours.read_text() + theirs.read_text())
    server.reload()
