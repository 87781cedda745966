"""`ahu-sql verify` in the test's own process, and what it finds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg
from click.testing import CliRunner

from ahu_sql.cli import main as command_line
from databases import Database

ALL_DAYS = ("2023-12-01", "2024-06-30")

Found = tuple[str, str, str, str]
"""Of a difference: D (day) or M (month), when, AHU, reason."""


@dataclass(frozen=True)
class Verified:
    """What one run said. counts: by reason, those that are not 0."""

    exit_code: int
    found: list[Found]
    remaining: list[Found] | None
    repair: dict[str, Any] | None
    counts: dict[str, int]
    said: str


def verify(database: Database, *options: str) -> Verified:
    """`ahu-sql verify --json OPTION ...`."""
    done = CliRunner().invoke(
        command_line, ["verify", "--dsn", database.dsn, "--json", *options], catch_exceptions=False
    )
    if not done.stdout:
        raise RuntimeError(f"ahu-sql verify ended with {done.exit_code}\n{done.stderr}")
    told = json.loads(done.stdout)
    return Verified(
        done.exit_code,
        _found(told["differences"]),
        None if told["remaining"] is None else _found(told["remaining"]),
        told["repair"],
        {reason: count for reason, count in told["counts"].items() if count},
        done.stderr,
    )


def differing(session: psycopg.Connection[Any], *days: str) -> list[Found]:
    """What ahu.verify_dashboard_views answers on a session that is already open."""
    rows = session.execute(
        "select upper(left(unit, 1)), day::text, ahu_id, reason "
        "from ahu.verify_dashboard_views(%s, %s)",
        days or ALL_DAYS,
    )
    return [(unit, day, ahu, reason) for unit, day, ahu, reason in rows]


def _found(differences: list[dict[str, str]]) -> list[Found]:
    return [(d["unit"][0].upper(), d["day"], d["ahu_id"], d["reason"]) for d in differences]
