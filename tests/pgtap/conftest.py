"""pgTAP files as tests: tests/pgtap/<room>/<object>.sql mirrors sql/<room>/<object>.sql.

Each file is one test and one transaction that is rolled back, in a database with the product
installed; each assertion in it is a subtest. Some files run on a site with a setting of SITES.
Collected here and not by pytest-pgtap itself, which wants files named test*.sql, one connection for
all, and text in every row that a file selects.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import pq
from pytest_pgtap.plugin.core import FixtureItem, report_tap

from counts import count
from databases import Database, fresh_database
from plant import raw_table
from product import install_product
from servers.catalogue import chosen_server, pgtap_script
from servers.running import RunningServer

TEXT_OID = 25
TOOLS = Path(__file__).with_name("tools")
SITES = {"native": "refresh.strategy=native", "long": "source.layout=long"}
LONG_TABLE = """
    create schema ahu_data;
    create table ahu_data.energy_readings (
        timestamp timestamptz,
        ahu_id text,
        metric_name text,
        value numeric,
        unit text
    )
"""
# a line of a file that wants more than PGlite's one session: see the marker needs_sessions
NEEDS_SESSIONS = "-- needs_sessions: "


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Every .sql file below this folder, but for the tools that they share."""
    if file_path.suffix == ".sql" and file_path.parent != TOOLS:
        return SqlFile.from_parent(parent, path=file_path)
    return None


class SqlFile(pytest.File):
    """One file, one test."""

    def collect(self) -> Iterator[pytest.Item]:
        item = SqlItem.from_parent(self, name=self.path.stem)
        if NEEDS_SESSIONS in self.path.read_text():
            item.add_marker(pytest.mark.needs_sessions)
        yield item


class SqlItem(FixtureItem):
    """Runs its file and reports what TAP says; an error outside of TAP is a failure of its own."""

    def runtest(self) -> None:
        database: Database = self._request.getfixturevalue(f"{site_of(self.path)}_database")
        if database.has_timescaledb and "pretend_timescaledb" in self.path.read_text():
            pytest.skip("it pretends to have TimescaleDB, which is really here")
        lines = run_file(database, self.path)
        count("pgTAP assertions", sum(line.startswith(("ok ", "not ok ")) for line in lines))
        count("pgTAP files")
        if not any(line.startswith("1..") for line in lines):
            pytest.fail("the file has no plan: select plan(…)", pytrace=False)
        report_tap(self, lines, self.name)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


def site_of(path: Path) -> str:
    """One of SITES, after its folder, or because the file is about something native; or pgtap."""
    names = {path.parent.name, *(word for word in path.stem.split("_") if word == "native")}
    return next((name for name in SITES if name in names), "pgtap")


def run_file(database: Database, path: Path) -> list[str]:
    """The TAP lines of one file. Other results, such as a CALL's, are not TAP and are left out."""
    lines: list[str] = []
    with database.connect(autocommit=False) as connection:
        try:
            cursor = connection.execute(path.read_text())
        except psycopg.Error as error:
            raise pytest.fail.Exception(describe(error), pytrace=False) from None
        while True:
            result = cursor.pgresult
            if result and result.status == pq.ExecStatus.TUPLES_OK and is_text(result):
                lines += [value for (value,) in cursor if value is not None]
            if not cursor.nextset():
                break
        connection.rollback()
    return "\n".join(lines).splitlines()


def is_text(result: pq.abc.PGresult) -> bool:
    """Whether it has one column of text, as all of pgTAP's answers have."""
    return result.nfields == 1 and result.ftype(0) == TEXT_OID


def describe(error: psycopg.Error) -> str:
    """What psql would print."""
    said = error.diag
    parts = {
        f"ERROR {error.sqlstate}": said.message_primary or str(error),
        "DETAIL": said.message_detail,
        "HINT": said.message_hint,
        "CONTEXT": said.context,
    }
    return "\n".join(f"{name}: {text}" for name, text in parts.items() if text)


@pytest.fixture(scope="session")
def pgtap_script_text() -> str:
    """pgTAP itself."""
    return pgtap_script().read_text()


@pytest.fixture(scope="session")
def pgtap_server(pgtap_script_text: str) -> Iterator[RunningServer]:
    """A server apart from the other tests': roles are the whole server's, and here they stay."""
    with chosen_server().start() as running:
        yield running


@pytest.fixture(scope="session")
def pgtap_database(pgtap_server: RunningServer, pgtap_script_text: str) -> Iterator[Database]:
    """The product over an empty raw table, and pgTAP in the schema `tap`."""
    with site_database(pgtap_server, pgtap_script_text) as database:
        yield database


# The next two ask for the first: it is the one whose install finds no roles.
@pytest.fixture(scope="session")
def native_database(
    pgtap_server: RunningServer, pgtap_script_text: str, pgtap_database: Database
) -> Iterator[Database]:
    """The same by the strategy native."""
    with site_database(pgtap_server, pgtap_script_text, "native") as database:
        yield database


@pytest.fixture(scope="session")
def long_database(
    pgtap_server: RunningServer, pgtap_script_text: str, pgtap_database: Database
) -> Iterator[Database]:
    """The same over a raw table of the long layout."""
    with site_database(pgtap_server, pgtap_script_text, "long") as database:
        yield database


@contextmanager
def site_database(
    server: RunningServer, script: str, site: str | None = None
) -> Iterator[Database]:
    """A database with the product and pgTAP; site: one of SITES."""
    with fresh_database(server) as database:
        if site == "long":
            database.execute(LONG_TABLE)
        else:
            # plain on every server: a hypertable refuses what many files try, such as a null time
            raw_table(database, hypertable=False)
        install_product(database.dsn, *(("--set", SITES[site]) if site else ()))
        load_pgtap(database, script)
        for tool in sorted(TOOLS.glob("*.sql")):
            # in the long layout some name columns that are not there, and nobody calls them
            database.execute("set check_function_bodies = off;\n" + tool.read_text())
        yield database


def load_pgtap(database: Database, script: str) -> None:
    """Last in every session's search path, so that a test that sets a role finds `is()` too."""
    with database.connect(autocommit=False) as connection:
        connection.execute("create schema tap; set local search_path = tap; " + script)
        connection.execute("grant usage on schema tap to public")
        connection.execute(f'alter database {database.name} set search_path = "$user", public, tap')
