"""plpgsql_check, with every warning that it has, finds nothing in our routines and DO blocks.

On the oldest PostgreSQL that we support and on TimescaleDB, whatever server the run is on. What is
about an extension or a strategy is judged where that is: elsewhere its tables are missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ahu_sql.options import rendered_files
from ahu_sql.settings_reader import read_settings
from counts import count
from databases import Database
from plant import long_table, raw_table
from product import install_product
from servers.debian import PG15, PG17, DebianServer
from static.checked import Complaint, checked, checking_database, checking_server


@dataclass(frozen=True)
class Excuse:
    """Why our SQL is right as it is, whatever plpgsql_check says. names: the routines."""

    message: str
    names: frozenset[str]
    reason: str

    def covers(self, complaint: Complaint) -> bool:
        """Whether this is about that."""
        return complaint.message == self.message and complaint.name in self.names


SITES: dict[str, tuple[str, ...]] = {
    "triggers": (),
    "lookback": ("refresh.tracking=lookback",),
    "native": ("refresh.strategy=native",),
    "long": ("source.layout=long",),
}
# where what they are about is there
ONLY_NATIVE = {"_ahu.adopt_native", "_ahu.refresh_native"}
ONLY_TIMESCALEDB = {
    "_ahu.is_hypertable",
    "_ahu.timescaledb_job",
    "_ahu.timescaledb_schedule",
    "_ahu.timescaledb_unschedule",
}
# one value a call that is converted; one that cannot be has another level, and the same words
CAST = ("performance", "target type is different type than source type")
EXCUSES = (
    Excuse(
        'unused parameter "job_id"',
        frozenset(("_ahu.refresh_job",)),
        "TimescaleDB calls a job with its number and its settings, and refuses other parameters",
    ),
    Excuse(
        'unused parameter "raw_table"',
        frozenset(("_ahu.summed_as",)),
        "the layout long sums up nothing, whatever the table",
    ),
    Excuse(
        "routine is marked as STABLE, should be IMMUTABLE",
        frozenset(("_ahu.summed_as",)),
        "it is neither in the layout wide",
    ),
    Excuse(
        "routine is marked as VOLATILE, should be STABLE",
        frozenset(("_ahu.differing_months",)),
        "its statement takes a snapshot of its own, once it has its locks",
    ),
    Excuse(
        "immutable expression without parameters found",
        frozenset(
            (
                "_ahu.adopt_native",
                "_ahu.pg_cron_job",
                "_ahu.pg_cron_schedule",
                "_ahu.pg_cron_unschedule",
                "_ahu.pg_cron_unveil",
                "_ahu.refresh_native",
                "_ahu.timescaledb_job",
                "_ahu.timescaledb_schedule",
                "_ahu.timescaledb_unschedule",
            )
        ),
        "EXECUTE, for its tables are there with an extension or a strategy only",
    ),
    Excuse(
        "immutable expression without parameters found",
        frozenset(("_ahu.mark_backfill",)),
        "EXECUTE, for a CALL in PL/pgSQL wants a variable for each INOUT parameter",
    ),
    Excuse(
        "text type variable is not sanitized",
        frozenset(('do_blocks."90_finish/grants.sql"', "_ahu.leave_site")),
        "types, privileges and names that only the site's settings and ahu_owner have written, the "
        "names quoted when they were",
    ),
    Excuse(
        "text type variable is not sanitized",
        frozenset(("_ahu.limit_role",)),
        "a search_path is a list of names that are quoted already",
    ),
    Excuse(
        "text type variable is not sanitized",
        frozenset(('do_blocks."90_finish/large_objects.sql"',)),
        "names of PostgreSQL's own functions, which our SQL spells out",
    ),
    Excuse(
        "text type variable is not sanitized",
        frozenset(('do_blocks."90_finish/track_changes.sql"',)),
        "calls of triggers, which _ahu.wanted_triggers spells out with their arguments quoted",
    ),
)


@pytest.mark.parametrize("debian", [PG15, PG17], ids=lambda debian: f"pg{debian.major}")
def test_plpgsql_check_finds_nothing_that_has_no_excuse(debian: DebianServer) -> None:
    needed = set()
    with checking_server(debian) as server:
        for site, assignments in SITES.items():
            database = checking_database(server, debian.extensions)
            _install(database, site)
            absent = _absent(database, site)
            files = rendered_files(read_settings(None, {}, assignments))
            names, found = checked(database, files)
            count("routines and DO blocks checked by plpgsql_check", len(names - absent))
            complaints = [
                complaint
                for complaint in found
                if complaint.name not in absent and (complaint.level, complaint.message) != CAST
            ]
            excused = {c: excuse for c in complaints for excuse in EXCUSES if excuse.covers(c)}
            needed |= set(excused.values())
            assert not [str(c) for c in complaints if c not in excused], site
    assert not set(EXCUSES) - needed, "nobody needs these any more"


def _install(database: Database, site: str) -> None:
    if site == "long":
        long_table(database)
    else:
        raw_table(database, "partitioned" if site == "lookback" else "plain")
    options = [word for value in SITES[site] for word in ("--set", value)]
    install_product(database.dsn, *options)


def _absent(database: Database, site: str) -> set[str]:
    """What is about something that this database has not: judged in another."""
    native = set() if site == "native" else ONLY_NATIVE
    return native if database.has_timescaledb else native | ONLY_TIMESCALEDB
