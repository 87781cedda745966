"""The refresh as callers call it, and what must hold after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

import oracle
from databases import Database
from product import install_product


@dataclass(frozen=True)
class Answer:
    """What one CALL answered."""

    outcome: str
    days: int
    keys: int
    readings: int
    quarantined: int
    days_pending: int


def call(connection: psycopg.Connection[Any], arguments: str = "") -> Answer:
    """One CALL on a session that is already open."""
    row = connection.execute(f"call ahu.refresh_dashboard_views({arguments})").fetchone()
    assert row is not None
    return Answer(*row)


def error_of(connection: psycopg.Connection[Any]) -> psycopg.Error | None:
    """The error that a CALL ends with."""
    try:
        call(connection)
    except psycopg.Error as error:
        return error
    return None


def refresh(database: Database, arguments: str = "") -> Answer:
    """One CALL in a session of its own, committed."""
    with database.connect() as connection:
        return call(connection, arguments)


def install(database: Database, zone: str, *options: str) -> None:
    """`ahu-sql install` for a site in this zone."""
    install_product(database.dsn, "--set", f"source.time_zone={zone}", *options)


def quarantined_keys(connection: psycopg.Connection[Any]) -> int:
    """What an operator sees."""
    row = connection.execute("select max(quarantined_keys) from ahu.freshness").fetchone()
    assert row is not None
    return int(row[0])


def pending_entries(database: Database) -> int:
    """How long the log is; under the strategy native it waits for the way back."""
    return int(
        database.scalar(
            "select count(*) from _ahu.pending_changes cross join _ahu.source as s "
            "where s.strategy = 'incremental'"
        )
    )


def assert_fresh(database: Database, zone: str, *, fast: bool = False, after: str = "") -> None:
    """Nothing is pending, nothing in quarantine, and the views hold what raw says, to the digit.

    fast: by the SQL oracle, which is for zones whose clocks never go back across midnight.
    """
    check = oracle.assert_views_equal_raw_sql if fast else oracle.assert_views_equal_raw
    try:
        assert pending_entries(database) == 0
        with database.connect() as connection:
            assert quarantined_keys(connection) == 0
            check(connection, zone)
    except AssertionError as error:
        error.add_note(f"after: {after or 'one refresh'}")
        raise
