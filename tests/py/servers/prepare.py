"""`python -m servers.prepare`: get every server ready, and say in one line each how that went."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ahu_sql.demo.server import embedded_binaries
from ahu_sql.errors import AhuSqlError
from servers import catalogue
from servers.catalogue import MissingError


def prepared(find: Callable[[], Path], fetch: Callable[[], None]) -> Path:
    """What `find` finds, fetched first where it is missing."""
    try:
        return find()
    except MissingError as missing:
        try:
            fetch()
        except MissingError as failure:
            raise MissingError(f"{missing} - {failure}") from None
        return find()


def say(title: str, get: Callable[[], Path]) -> None:
    """One line: ready, or skipped with the reason and the way out."""
    try:
        found = get()
    except MissingError as missing:
        print(f"{title}: skipped: {missing}")
    else:
        place = found.relative_to(catalogue.CHECKOUT) if _is_ours(found) else found
        print(f"{title}: ready ({place})")


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(catalogue.CHECKOUT)


def main() -> int:
    """Exit code 1 only where the server is missing that everything runs on."""
    try:
        say("PostgreSQL 18", embedded_binaries)
    except AhuSqlError as error:
        print(error, file=sys.stderr)
        return 1
    say("PostgreSQL 15", lambda: prepared(catalogue.pg15_binaries, catalogue.fetch_pg15))
    say("PostgreSQL 13", lambda: prepared(catalogue.pg13_binaries, catalogue.fetch_pg13))
    say("pgTAP", lambda: prepared(catalogue.pgtap_script, catalogue.fetch_pgtap))
    return 0


if __name__ == "__main__":
    sys.exit(main())
