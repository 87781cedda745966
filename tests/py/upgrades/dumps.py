"""A database carried to another server: pg_dump, and pg_restore as its manual says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from databases import Database, fresh_database
from servers.running import RunningServer
from snapshots import roles_dump


def dump(source: Database, programs: Path, file: Path) -> None:
    """All of a database. programs: where those of the server are that it will be restored on."""
    _run(programs / "pg_dump", "--format=custom", f"--file={file}", f"--dbname={source.dsn}")


@contextmanager
def restored(
    file: Path, target: RunningServer, *options: str, roles_of: Database | None = None
) -> Iterator[Database]:
    """The dump in a fresh database of another server; both are gone afterwards.

    roles_of: a database from whose server the roles come first; None: nobody has brought them, and
    what the dump says of them fails.
    """
    with fresh_database(target) as database:
        if roles_of:
            _run(
                *(target.binaries / "psql", "--no-psqlrc", "--quiet", f"--dbname={database.dsn}"),
                said=_without_postgres(roles_dump(roles_of)),
            )
        restore = (target.binaries / "pg_restore", f"--dbname={database.dsn}", *options, file)
        if database.has_timescaledb:
            database.execute("select timescaledb_pre_restore()")
        _run(*restore, may_fail=roles_of is None)
        if database.has_timescaledb:
            database.execute("select timescaledb_post_restore()")
        yield database


def _without_postgres(roles: str) -> str:
    """The script without the superuser that both servers have."""
    return "".join(
        line for line in roles.splitlines(keepends=True) if line != "CREATE ROLE postgres;\n"
    )


def _run(*command: str | Path, said: str | None = None, may_fail: bool = False) -> None:
    done = subprocess.run(
        command, input=said, capture_output=True, text=True, check=False, timeout=120
    )
    assert may_fail or (done.returncode == 0 and "ERROR" not in done.stderr), done.stderr
