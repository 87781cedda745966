"""What is wrong with a database, by rules with stable codes, AHU601 and on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ahu_sql.doctor.facts import Facts
from ahu_sql.doctor.findings import Finding
from ahu_sql.doctor.rules import log, raw_table, readings, server, site

Rule = Callable[[Facts], Iterator[Finding]]

_RULES: tuple[Rule, ...] = (
    *raw_table.RULES,
    *readings.RULES,
    *log.RULES,
    *server.RULES,
    *site.RULES,
)


def diagnose(facts: Facts) -> tuple[Finding, ...]:
    """All findings, notes included, sorted by code and object."""
    found = {finding for rule in _RULES for finding in rule(facts)}
    return tuple(sorted(found, key=lambda f: (f.code, f.object, f.message)))
