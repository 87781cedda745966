"""The servers that are measured: those of the tests, and one with pg_ivm.

pg_ivm keeps views up to date within the statements that change raw. Debian has its package for
PostgreSQL 18, in sid; its server comes along.
"""

from __future__ import annotations

from pathlib import Path

from servers.catalogue import SERVERS, Server
from servers.debian import DebianServer
from servers.places import MissingError

WITH_PG_IVM = "ivm18"

_LIBRARY = "pg_ivm"
# Debian leaves out the prefix of other packages' names, and not this one's
_DEBIAN = DebianServer(18, "sid", scripts=("pg-ivm",))


def _fetched() -> Path:
    """Its programs. `make setup` does not get them, for no test needs them."""
    try:
        return _DEBIAN.binaries(_LIBRARY)
    except MissingError:
        _DEBIAN.fetch()
    return _DEBIAN.binaries(_LIBRARY)


MEASURED = SERVERS | {
    WITH_PG_IVM: Server(
        WITH_PG_IVM,
        "PostgreSQL 18 with pg_ivm, from Debian",
        _fetched,
        settings={"shared_preload_libraries": _LIBRARY},
    )
}
BY_DEFAULT = ("pg18", "ts17", "pglite", WITH_PG_IVM)
