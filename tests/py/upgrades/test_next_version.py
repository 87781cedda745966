"""What a later version may change, and how: tried with one that is made up.

One table has a column more, one is new, and a function has another comment.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ahu_sql import applier
from ahu_sql.backfill import backfill
from ahu_sql.database import connect
from ahu_sql.errors import AhuSqlError
from ahu_sql.locations import sql_folder
from ahu_sql.planner import Plan
from ahu_sql.renderer import render
from ahu_sql.settings_reader import read_settings
from ahu_sql.source_tree import read_source_tree
from databases import Database, fresh_database
from in_force import ZONE
from plant import plant_readings, raw_table
from refreshing import assert_fresh, install
from servers.catalogue import chosen_server
from servers.running import RunningServer
from upgrades.catalogs import catalog

MIGRATION = "40_migrations/0001_quarantine_note.sql"
COLUMN = "alter table _ahu.quarantine add column if not exists note text default 'none' not null;\n"
COMMENT = "comment on column _ahu.quarantine.note is\n    'What the operator found out.';\n"
NEW_TABLE = """
create table if not exists _ahu.operator (
    name text primary key
);

comment on table _ahu.operator is
    'Who may be called.';

revoke all on table _ahu.operator from public;
"""


@pytest.fixture
def next_tree(tmp_path: Path) -> Path:
    """The SQL of the version after this one."""
    tree = tmp_path / "sql"
    shutil.copytree(sql_folder(), tree)
    table = tree / "30_tables/quarantine.sql"
    change(
        table,
        "    primary key (day",
        "    note text default 'none' not null,\n    primary key (day",
    )
    table.write_text(table.read_text() + "\n" + COMMENT)
    (tree / "30_tables/operator.sql").write_text(NEW_TABLE)
    (tree / MIGRATION).write_text(COLUMN)
    change(tree / "60_refresh/fold_month.sql", "'Sums up the month", "'Adds up the month")
    return tree


@pytest.fixture
def site(database: Database) -> Database:
    """This version, installed over some readings."""
    raw_table(database)
    plant_readings(database, ahus=2, days=40, minutes=360)
    install(database, ZONE)
    return database


@pytest.fixture(scope="module")
def fresh_server() -> Iterator[RunningServer]:
    """A server for what is installed afresh: roles belong to a whole server."""
    with chosen_server().start_own() as running:
        yield running


def change(file: Path, old: str, new: str) -> None:
    """One place of a file that is there once."""
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def put_in_force(database: Database, tree: Path) -> Plan:
    """`ahu-sql install` of a version."""
    settings = read_settings(None, {}, ())
    files = render(read_source_tree(tree), settings)
    with connect(database.dsn) as connection:
        plan = applier.install(connection, files, settings, patience_s=30, say=print)
        backfill(connection, batch_days=31, progress=lambda done, total: None)
    return plan


def fresh_catalog(server: RunningServer, tree: Path) -> list[str]:
    """The catalog of a site that never had another version."""
    with fresh_database(server) as fresh:
        raw_table(fresh)
        put_in_force(fresh, tree)
        return catalog(fresh)


def test_it_comes_out_as_if_it_had_been_installed_afresh(
    site: Database, fresh_server: RunningServer, next_tree: Path
) -> None:
    plan = put_in_force(site, next_tree)
    assert [(step.action.value, step.path) for step in plan.steps] == [
        ("create", "30_tables/operator.sql"),
        ("migrate", MIGRATION),
        ("replace", "30_tables/quarantine.sql"),
        ("replace", "60_refresh/fold_month.sql"),
    ]
    assert put_in_force(site, next_tree).steps == ()
    assert catalog(site) == fresh_catalog(fresh_server, next_tree)
    assert_fresh(site, ZONE)


@pytest.mark.parametrize("slip", [" default 'none'", " not null"])
def test_a_migration_that_forgets_something_is_found(
    site: Database, fresh_server: RunningServer, next_tree: Path, slip: str
) -> None:
    """The comparison can fail."""
    change(next_tree / MIGRATION, slip, "")
    put_in_force(site, next_tree)
    assert catalog(site) != fresh_catalog(fresh_server, next_tree)


def test_a_failing_migration_changes_nothing(site: Database, next_tree: Path) -> None:
    before = catalog(site)
    (next_tree / MIGRATION).write_text(COLUMN + "select 1 / 0;\n")
    with pytest.raises(AhuSqlError, match="division by zero"):
        put_in_force(site, next_tree)
    assert catalog(site) == before
    assert_fresh(site, ZONE)


def test_a_migration_that_ran_may_not_be_rewritten(site: Database, next_tree: Path) -> None:
    put_in_force(site, next_tree)
    before = catalog(site)
    (next_tree / MIGRATION).write_text(COLUMN.replace("none", "nothing"))
    with pytest.raises(AhuSqlError) as raised:
        put_in_force(site, next_tree)
    assert raised.value.message == f'"{MIGRATION}" is not the migration that was run here'
    assert raised.value.hint
    assert catalog(site) == before


def test_an_older_version_does_not_go_over_a_newer_one(site: Database, next_tree: Path) -> None:
    put_in_force(site, next_tree)
    before = catalog(site)
    with pytest.raises(AhuSqlError) as raised:
        put_in_force(site, sql_folder())
    assert raised.value.message == "this database was installed by a later version of ahu-sql"
    assert MIGRATION in (raised.value.detail or "")
    assert raised.value.hint
    assert catalog(site) == before
