"""`python -m api`: writes the manual anew."""

from __future__ import annotations

import os
import sys

from api.catalog import read_catalog
from api.documented import documented_database
from api.lapses import lapses
from api.page import MANUAL, manual
from servers.places import work_in_memory


def main() -> int:
    """Exit code 1, and nothing is written, where something lacks a comment or an example."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    work_in_memory()
    with documented_database() as database:
        catalog = read_catalog(database)
    found = lapses(catalog)
    if found:
        print(*found, sep="\n", file=sys.stderr)
        return 1
    MANUAL.write_text(manual(catalog))
    print("sql/API.md is written", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
