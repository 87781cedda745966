"""What every running test server can do, whatever it is made of."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class RunningServer(Protocol):
    """Take it for a `LocalServer` where a test kills or restarts it: see `own_server`."""

    @property
    def pid(self) -> int | None:
        """The process id, or None while no server runs."""

    @property
    def binaries(self) -> Path:
        """Client programs (psql, pg_dump, …) that fit this server."""

    def dsn(self, dbname: str = "postgres", user: str = "postgres") -> str:
        """The connection string in libpq's keyword form; nobody needs a password."""

    def stop(self) -> None:
        """Stop it; nothing of it is left."""

    def __enter__(self) -> RunningServer: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Stopped:
    """A server that is stopped at the end of its `with` block."""

    def stop(self) -> None:
        """Stop it; nothing of it is left."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
