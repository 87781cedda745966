"""Every code of `ahu-sql doctor`: its reason, its examples. None is ever reused."""

from __future__ import annotations

from ahu_sql.doctor.codes import log, raw_table, readings, server, site
from ahu_sql.linter.findings import Code

CODES: dict[str, Code] = {
    code.code: code for family in (raw_table, readings, log, server, site) for code in family.CODES
}
