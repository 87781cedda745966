"""The first to look at a mutant: the pgTAP files that run the code it is in."""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import psycopg
from _pytest.outcomes import Failed

from ahu_sql.database import connect, run
from ahu_sql.errors import AhuSqlError
from databases import Database
from mutants.mutant import Mutant
from mutants.targets import SITES, original, rendered, routine_name, target_paths
from servers.catalogue import pgtap_script
from servers.places import CHECKOUT
from servers.running import RunningServer

FOLDER = CHECKOUT / "tests" / "pgtap"
LEAST_SECONDS = 30.0
LONGER = 10
"""A file that takes so many times as long as without the mutant never ends."""
OTHERS = 60
"""So many files of other objects are asked at most, for few of those after them would notice."""
QUIET_SECONDS = 10.0
RUN_AT_INSTALL = "90_finish/"
"""What stands there is no routine: it can only be seen in an install."""
CALLS = """
    select funcname::text from pg_stat_user_functions where schemaname in ('ahu', '_ahu')
"""

_BODY = re.compile(r"^(as \$[a-z_]+\$)$", re.MULTILINE)


class StillbornError(Exception):
    """PostgreSQL does not even create it."""


@dataclass(frozen=True)
class Run:
    """A pgTAP file on the code as it is. calls: our routines that it runs."""

    path: Path
    seconds: float
    calls: frozenset[str]

    @property
    def room(self) -> str:
        """Such as `60_refresh`."""
        return self.path.relative_to(FOLDER).parts[0]


class PgtapKiller:
    """The sites of the pgTAP files on one server, to put mutants into."""

    def __init__(self, server: RunningServer) -> None:
        self._pgtap = _conftest()
        self._stack = ExitStack()
        script = pgtap_script().read_text()
        sites = {
            site: self._pgtap.site_database(server, script, None if site == "pgtap" else site)
            for site in SITES
        }
        self._databases = {
            site: self._stack.enter_context(database) for site, database in sites.items()
        }
        for database in self._databases.values():
            database.execute(f"alter database {database.name} set track_functions = 'all'")
        # whatever compares definitions would find every mutant: all are different from the start
        for path in target_paths():
            self._put(path, original(path))
        files = [path for path in FOLDER.rglob("*.sql") if path.parent != self._pgtap.TOOLS]
        first = [self._first_run(path) for path in sorted(files)]
        self._runs = [one for one in first if one is not None]

    def close(self) -> None:
        """The databases go."""
        self._stack.close()

    def kill(self, mutant: Mutant) -> str | None:
        """What notices the mutant; None where nothing does. Raises StillbornError."""
        text = mutant.apply(original(mutant.path))
        with self._in_force(mutant.path, text):
            for file in self._related(mutant.path):
                if self._fails(file):
                    return file.path.relative_to(FOLDER.parent).as_posix()
        return None

    def _first_run(self, path: Path) -> Run | None:
        """None where it fails as it is: it says nothing of any mutant."""
        database = self._database(path)
        database.execute("select pg_stat_reset()")
        started = time.monotonic()
        if _is_red(self._pgtap.run_file(database, path)):
            print(f"left out, it fails where nothing is wrong: {path}", file=sys.stderr)
            return None
        seconds = time.monotonic() - started
        with database.connect() as session:
            _wait_until_alone(session, database)
            calls = session.execute(CALLS).fetchall()
        return Run(path, seconds, frozenset(name for (name,) in calls))

    def _related(self, path: str) -> list[Run]:
        """Its own first, then those of its room that run it, then all others, quick ones first."""
        name, room = routine_name(path), path.partition("/")[0]
        own = [one for one in self._runs if one.path.stem == name and one.room == room]
        others = [one for one in self._runs if name in one.calls and one not in own]
        return own + sorted(others, key=lambda one: (one.room != room, one.seconds))[:OTHERS]

    @contextmanager
    def _in_force(self, path: str, text: str) -> Iterator[None]:
        try:
            self._put(path, text)
            yield
        finally:
            self._put(path, original(path))

    def _put(self, path: str, text: str) -> None:
        """In force, with a comment in it that makes it another text than the one installed."""
        if path.startswith(RUN_AT_INSTALL):
            return
        for site, database in self._databases.items():
            _apply(database, rendered(path, _BODY.sub(r"\1 -- put here\n", text, 1), site).sql)

    def _fails(self, file: Run) -> bool:
        database = self._database(file.path)
        patience = max(LEAST_SECONDS, LONGER * file.seconds)
        watchdog = threading.Timer(patience, _end_sessions, [database])
        watchdog.start()
        try:
            return _is_red(self._pgtap.run_file(database, file.path))
        except (Failed, psycopg.Error):
            return True
        finally:
            watchdog.cancel()
            watchdog.join()

    def _database(self, path: Path) -> Database:
        return self._databases[self._pgtap.site_of(path)]


def _conftest() -> ModuleType:
    """What pytest runs the files with."""
    spec = importlib.util.spec_from_file_location("pgtap_conftest", FOLDER / "conftest.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _apply(database: Database, sql: str) -> None:
    try:
        with connect(database.dsn) as connection:
            run(connection, sql)
    except (psycopg.Error, AhuSqlError) as error:
        raise StillbornError(str(error)) from error


def _is_red(lines: list[str]) -> bool:
    """Whether TAP says that something is wrong, or not all that was planned was said."""
    planned = next((int(line[3:].split()[0]) for line in lines if line.startswith("1..")), -1)
    answers = [line for line in lines if line.startswith(("ok ", "not ok "))]
    return len(answers) != planned or any(line.startswith("not ok ") for line in answers)


def _end_sessions(database: Database) -> None:
    with psycopg.connect(database.server.dsn(), autocommit=True) as session:
        session.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
            [database.name],
        )


def _wait_until_alone(session: psycopg.Connection, database: Database) -> None:
    """What a session has counted is there when it is gone."""
    deadline = time.monotonic() + QUIET_SECONDS
    while session.execute(
        "select from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
        [database.name],
    ).rowcount:
        if time.monotonic() > deadline:
            raise RuntimeError("sessions stay behind")
        time.sleep(0.005)
