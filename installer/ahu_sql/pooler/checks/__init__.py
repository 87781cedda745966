"""Checks a configuration of pgbouncer by rules with stable codes, AHU501 and on."""

from __future__ import annotations

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks import (
    admission,
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
from ahu_sql.pooler.checks.situation import Rule, Running, Situation

__all__ = ["Running", "Situation", "check"]

_RULES: tuple[Rule, ...] = (
    *reading.RULES,
    *sizes.RULES,
    *timeouts.RULES,
    *doors.RULES,
    *admission.RULES,
    *passwords.RULES,
    *look_up.RULES,
    *sessions.RULES,
    *surroundings.RULES,
    *running.RULES,
    *server_doors.RULES,
)


def check(situation: Situation) -> list[Finding]:
    """All findings, notes included, sorted by path and line."""
    found = {finding for rule in _RULES for finding in rule(situation)}
    return sorted(found, key=lambda f: (f.path, f.line, f.code, f.message))
