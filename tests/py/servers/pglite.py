"""PGlite: PostgreSQL 17 with community-licence TimescaleDB, as WebAssembly in Node.

It has one session and one database, no background workers, no timeouts and no cancelling. Instances
live behind our bridge (pglite/bridge.mjs), which takes half a second for a fresh database.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import make_conninfo

from ahu_sql.demo.processes import LOOPBACK
from ahu_sql.demo.server import embedded_binaries
from servers.places import CACHE, MissingError
from servers.running import Stopped

PROGRAMS = Path(__file__).with_name("pglite")
PACKAGE_FILES = ("package.json", "package-lock.json", ".npmrc")
FOLDER = CACHE / "pglite"
TEMPLATE = FOLDER / "template.tar"
OLDEST_NODE = 20
STOP_SECONDS = 10.0
PATIENCE_SECONDS = 10.0

ONE_SESSION = (
    "PGlite has one session and is no server process; these run on the other servers: "
    "AHU_TEST_SERVER=ts17"
)


def pglite_folder() -> Path:
    """The packages and the template database, as the committed lock file wants them."""
    lock = PACKAGE_FILES[1]
    wanted = (PROGRAMS / lock).read_bytes()
    if not TEMPLATE.exists() or (FOLDER / lock).read_bytes() != wanted:
        raise MissingError(
            "PGlite is not here; to get it, run `make setup` on a machine with npm, "
            f"Node {OLDEST_NODE} or later, and network"
        )
    _node()
    return FOLDER


def fetch_pglite() -> None:
    """Install the packages into the cache and make the template database there."""
    node, npm = _node(), shutil.which("npm")
    if npm is None:
        raise MissingError("npm is not here")
    CACHE.mkdir(exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".pglite.", dir=CACHE))
    try:
        for name in PACKAGE_FILES:
            shutil.copy(PROGRAMS / name, work)
        _run(work, npm, "ci", "--ignore-scripts", "--silent")
        _run(work, node, PROGRAMS / "template.mjs", work)
        shutil.rmtree(FOLDER, ignore_errors=True)
        work.rename(FOLDER)  # it appears only when everything worked
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise MissingError(f"Node is not here; PGlite needs Node {OLDEST_NODE} or later")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    if int(said.strip().removeprefix("v").partition(".")[0] or 0) < OLDEST_NODE:
        raise MissingError(f"PGlite needs Node {OLDEST_NODE} or later; this is {said.strip()}")
    return node


def _run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason was given"]
        raise MissingError(f"{Path(command[0]).name} failed ({said[-1][:200]})")


class PgliteServer(Stopped):
    """One PGlite behind a port. Its one database is `postgres`; its users need no password."""

    def __init__(self, patience_s: float = PATIENCE_SECONDS) -> None:
        """Start it; returns when it takes connections.

        A second connection is refused when the first has done nothing for `patience_s` seconds.
        """
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        self._process: subprocess.Popen[str] | None = subprocess.Popen(
            [_node(), PROGRAMS / "bridge.mjs", pglite_folder(), str(patience_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,  # so that Ctrl-C does not reach it
        )
        self.port = int(self._answer("ready"))
        self.kept: set[str] = set()

    @property
    def pid(self) -> int | None:
        """The bridge's process id, or None after `stop()`."""
        return self._process.pid if self._process else None

    @property
    def binaries(self) -> Path:
        """Client programs of PostgreSQL 18, which speak with older servers as well."""
        return embedded_binaries()

    def dsn(self, dbname: str = "postgres", user: str = "postgres") -> str:
        """The connection string in libpq's keyword form."""
        return make_conninfo(host=LOOPBACK, port=self.port, dbname=dbname, user=user)

    def take_fresh(self, name: str = "") -> None:
        """Replace the database, its roles and its settings by new ones; sessions are closed.

        name: by what was kept under it, if anything was.
        """
        self._tell("fresh", name)

    def keep(self, name: str) -> None:
        """Remember all of it as it is now."""
        self._tell("keep", name)
        self.kept.add(name)

    def forget(self) -> None:
        """What was kept."""
        self._tell("forget")
        self.kept.clear()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of what the bridge complained about."""
        self._log.seek(0)
        return "\n".join(self._log.read().splitlines()[-lines:])

    def stop(self) -> None:
        """The bridge ends when nobody holds its input."""
        if self._process is None:
            return
        process, self._process = self._process, None
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        self._log.close()

    def _tell(self, word: str, name: str = "") -> None:
        assert self._process and self._process.stdin
        print(word, name, file=self._process.stdin, flush=True)
        self._answer(word)

    def _answer(self, word: str) -> str:
        """The rest of the line with which it answers."""
        assert self._process and self._process.stdout
        line = self._process.stdout.readline()
        if line.split()[:1] != [word]:
            said = self.log_tail() or line
            self.stop()
            raise RuntimeError(f"the bridge to PGlite has failed: {said}")
        return line.removeprefix(word).strip()


class PgliteServers(Stopped):
    """As many PGlites as there are databases in use at once, for one has only one."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._all: list[PgliteServer] = []
        self._idle: list[PgliteServer] = []

    @contextmanager
    def lend(self, name: str = "") -> Iterator[PgliteServer]:
        """A server with a fresh database; afterwards the next one may have it.

        name: with what it has kept under it, if anything.
        """
        if self._idle:
            server = self._idle.pop()
            server.take_fresh(name)
        else:
            server = PgliteServer()
            self._all.append(server)
        yield server
        self._idle.append(server)  # not after an error: that one may be the server's

    def forget(self) -> None:
        """What they have kept."""
        for server in self._idle:
            server.forget()

    @property
    def pid(self) -> int | None:
        """They are not one process."""
        raise MissingError(ONE_SESSION)

    @property
    def binaries(self) -> Path:
        """Client programs of PostgreSQL 18, which speak with older servers as well."""
        return embedded_binaries()

    def dsn(self, dbname: str = "postgres", user: str = "postgres") -> str:
        """Only a database that was lent has one."""
        raise MissingError(ONE_SESSION)

    def stop(self) -> None:
        """Stop them all."""
        for server in self._all:
            server.stop()
