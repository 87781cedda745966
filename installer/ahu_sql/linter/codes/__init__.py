"""Every rule's code with its reason and its examples. Codes are stable: none is ever reused."""

from __future__ import annotations

from ahu_sql.linter.codes import objects, parsing, routines, time_zone, transactions
from ahu_sql.linter.findings import Code

CODES: dict[str, Code] = {
    code.code: code
    for family in (parsing, routines, objects, transactions, time_zone)
    for code in family.CODES
}
