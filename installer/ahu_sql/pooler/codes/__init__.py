"""Every code of `ahu-sql pgbouncer check`: its reason, its examples. None is ever reused."""

from __future__ import annotations

from ahu_sql.linter.findings import Code
from ahu_sql.pooler.codes import (
    doors,
    look_up,
    passwords,
    reading,
    running,
    server_doors,
    sessions,
    sizes,
    surroundings,
    timeouts,
)

CODES: dict[str, Code] = {
    code.code: code
    for family in (
        reading,
        sizes,
        timeouts,
        doors,
        passwords,
        look_up,
        sessions,
        surroundings,
        running,
        server_doors,
    )
    for code in family.CODES
}
