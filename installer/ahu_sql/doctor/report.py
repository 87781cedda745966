"""What the doctor found, as lines for a terminal and as JSON for machines. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ahu_sql import __version__
from ahu_sql.console import counted
from ahu_sql.doctor.codes import CODES
from ahu_sql.doctor.findings import Finding

_INDENT = "    "


def faults_among(findings: Sequence[Finding]) -> list[Finding]:
    """Those that are no notes."""
    return [finding for finding in findings if not CODES[finding.code].is_note]


def as_text(finding: Finding) -> str:
    """Its code and message, the reason, and what mends it, a statement a line."""
    note = "note " if CODES[finding.code].is_note else ""
    lines = [f"{note}{finding.code} {finding.message}", f"{_INDENT}DETAIL: {finding.reason}"]
    if finding.run_by and finding.statements:
        lines[-1] += f" To be run by {finding.run_by}."
    head = "HINT: "
    for statement in finding.statements:
        lines.append(f"{_INDENT}{head}{statement}")
        head = " " * len(head)
    return "\n".join(lines)


def summary(table: str, findings: Sequence[Finding], unseen: Sequence[str] = ()) -> str:
    """How much was found, and where to go on."""
    if not findings:
        return f"{table}: nothing found" + (" in what could be looked at" if unseen else "")
    faults = faults_among(findings)
    notes = len(findings) - len(faults)
    lines = [f"{table}: {counted(len(faults), 'finding')}, {counted(notes, 'note')}"]
    lines.append(f"why: ahu-sql doctor --explain {findings[0].code}")
    if any(finding.is_fixable for finding in findings):
        lines.append("indexes are built and dropped beside writers by: ahu-sql doctor --fix")
    return "\n".join(lines)


def as_json(
    database: str,
    table: str,
    findings: Sequence[Finding],
    unseen: Sequence[str],
    fixed: Sequence[str] | None,
) -> str:
    """One object; `ahu-sql doctor --help` documents its keys."""
    known = {
        "version": __version__,
        "database": database,
        "table": table,
        "findings": [
            {
                "code": finding.code,
                "is_note": CODES[finding.code].is_note,
                "object": finding.object,
                "finding": finding.message,
                "reason": finding.reason,
                "statements": list(finding.statements),
                "run_by": finding.run_by,
                "is_fixable": finding.is_fixable,
            }
            for finding in findings
        ],
        "unseen": list(unseen),
        "fixed": None if fixed is None else list(fixed),
    }
    return json.dumps(known, indent=2, ensure_ascii=False)
