"""The database that the manual describes: PostgreSQL 18, installed with the default settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from ahu_sql import applier
from ahu_sql.backfill import backfill
from ahu_sql.database import connect
from ahu_sql.options import rendered_files
from ahu_sql.settings import Settings
from databases import Database, fresh_database
from plant import plant_readings, raw_table
from servers.catalogue import SERVERS

FIRST_DAY = date(2025, 7, 1)
DAYS = 40
"""The examples of the manual ask for days among these."""


@contextmanager
def documented_database(ahus: int = 0) -> Iterator[Database]:
    """On a server of its own, for other servers say some things otherwise; gone afterwards.

    ahus: so many have readings, all of them folded.
    """
    with SERVERS["pg18"].start_own() as server, fresh_database(server) as database:
        raw_table(database)
        if ahus:
            plant_readings(database, ahus=ahus, days=DAYS, first_day=FIRST_DAY, minutes=360)
        install_defaults(database)
        yield database


def install_defaults(database: Database) -> None:
    """As a superuser's `ahu-sql install` without any settings does."""
    settings = Settings()
    with connect(database.dsn) as connection:
        applier.install(connection, rendered_files(settings), settings, patience_s=10, say=print)
        backfill(connection, batch_days=31, progress=lambda done, total: None)
