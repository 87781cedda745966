"""What `ahu-sql doctor` finds, asked in the test's own process, and its statements pasted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ahu_sql.database import connect
from ahu_sql.doctor.codes import CODES
from ahu_sql.doctor.examination import examine
from ahu_sql.doctor.facts import Facts
from ahu_sql.doctor.findings import Finding
from ahu_sql.doctor.rules import diagnose
from ahu_sql.settings_reader import read_settings
from databases import Database
from product import ahu_sql


def examined(dsn: str, *assignments: str, days: int = 31) -> Facts:
    """All that the doctor knows."""
    settings = read_settings(None, {}, assignments)
    with connect(dsn) as connection:
        return examine(connection, settings, days=days, progress=lambda done, total: None)


def findings(database: Database, *assignments: str) -> tuple[Finding, ...]:
    """What a superuser is told, without notes."""
    found = diagnose(examined(database.dsn, *assignments))
    return tuple(finding for finding in found if not CODES[finding.code].is_note)


def codes(found: Sequence[Finding]) -> list[str]:
    """Those of some findings, each once."""
    return sorted({finding.code for finding in found})


def paste(database: Database, found: Sequence[Finding]) -> None:
    """Every statement of every finding, one by one, as somebody would who reads them."""
    for statement in (statement for finding in found for statement in finding.statements):
        if statement.startswith("ahu-sql "):
            done = ahu_sql(*statement.split()[1:], "--dsn", database.dsn)
            assert done.returncode == 0, (statement, done.stderr)
        else:
            assert statement.rstrip().endswith(";") or ";  --" in statement, statement
            database.execute(statement)


def indexes(database: Database, table: str) -> dict[str, bool]:
    """By name, whether each index of a table is valid."""
    rows: list[tuple[Any, ...]] = database.rows(
        "select indexrelid::regclass::text, indisvalid from pg_index "
        "where indrelid = %s::regclass order by 1",
        [table],
    )
    return dict(rows)
