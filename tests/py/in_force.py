"""Settings put in force on a test's database in the test's own process: quicker than the command.

And what a site looks like that has them in force, as its DBA and its dashboards see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg

import oracle
from ahu_sql import applier
from ahu_sql.backfill import backfill
from ahu_sql.database import connect
from ahu_sql.options import rendered_files
from ahu_sql.planner import Plan
from ahu_sql.renderer import RenderedFile
from ahu_sql.settings import Settings
from ahu_sql.settings_reader import read_settings
from databases import Database
from plant import RAW_TABLE

ZONE = "Asia/Seoul"  # the settings' default

NATIVE = "refresh.strategy=native"
LOOKBACK = "refresh.tracking=lookback"


def put_in_force(database: Database, *assignments: str) -> Plan:
    """`ahu-sql install --set ASSIGNMENT ...`."""
    settings, files = _site(assignments)
    with connect(database.dsn) as connection:
        plan = applier.install(connection, files, settings, patience_s=30, say=print)
        backfill(connection, batch_days=31, progress=lambda done, total: None)
    return plan


@cache
def _site(assignments: tuple[str, ...]) -> tuple[Settings, tuple[RenderedFile, ...]]:
    settings = read_settings(None, {}, assignments)
    return settings, rendered_files(settings)


def add_reading(database: Database, day: str, ahu: str = "AHU01", cost: int = 1) -> None:
    """One reading at noon of a day; its cost is electricity's."""
    database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) values (%s, %s, %s)",
        [f"{day} 12:00+09", ahu, cost],
    )


def delete_silently(database: Database, where: str) -> None:
    """Readings go as retention takes them: no trigger fires, nothing is logged."""
    database.execute(
        f"set session_replication_role = replica; delete from {RAW_TABLE} where {where}"
    )


def our_triggers(database: Database) -> set[str]:
    """Names of all triggers in the database that call us."""
    names = database.rows(
        "select t.tgname::text from pg_trigger as t join pg_proc as f on f.oid = t.tgfoid "
        "where f.pronamespace = '_ahu'::regnamespace"
    )
    return {name for (name,) in names}


def freshness(database: Database, *columns: str) -> tuple[Any, ...]:
    """Columns of ahu.freshness that are the same for all three views."""
    rows = database.rows(f"select distinct {', '.join(columns)} from ahu.freshness")
    assert len(rows) == 1, rows
    return rows[0]


def views(database: Database) -> oracle.Views:
    """What the three views say."""
    with database.connect() as session:
        return oracle.stored_views(session)


def assert_exact(database: Database) -> None:
    """The three views hold what raw says, whatever else is pending."""
    with database.connect() as session:
        oracle.assert_views_equal_raw(session, ZONE)


@dataclass(frozen=True)
class Notice:
    """What the server says beside its answer."""

    severity: str | None
    message: str
    detail: str
    hint: str


def notices(session: psycopg.Connection[Any]) -> list[Notice]:
    """The growing list of what is said in this session from now on."""
    said: list[Notice] = []

    def hear(diagnosis: psycopg.errors.Diagnostic) -> None:
        said.append(
            Notice(
                diagnosis.severity_nonlocalized,
                diagnosis.message_primary or "",
                diagnosis.message_detail or "",
                diagnosis.message_hint or "",
            )
        )

    session.add_notice_handler(hear)
    return said
