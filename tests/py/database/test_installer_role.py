"""Who may install: not only a superuser."""

from __future__ import annotations

import psycopg
import pytest

from databases import Database
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, call
from snapshots import assert_same, catalog_rows, roles_dump, schema_dump

ZONE = "Asia/Seoul"


@pytest.fixture
def site(database: Database) -> Database:
    """The raw table and its schema belong to a role that is no superuser and may make roles."""
    raw_table(database)
    plant_readings(database, ahus=2, days=5)
    database.execute(
        "create role plant_dba login createrole; "
        f"grant create on database {database.name} to plant_dba; "
        f"alter table {RAW_TABLE} owner to plant_dba; alter schema ahu_data owner to plant_dba"
    )
    return database


def dsn(database: Database, user: str = "plant_dba") -> str:
    return database.server.dsn(database.name, user)


def test_the_raw_table_s_owner_can_install_and_uninstall(site: Database) -> None:
    before = schema_dump(site), roles_dump(site)
    for expected in ("files applied", "nothing to apply"):
        done = ahu_sql("install", "--dsn", dsn(site))
        assert done.returncode == 0, done.stderr
        assert expected in done.stderr
    assert_fresh(site, ZONE)
    with site.connect(user="ahu_write") as etl:
        etl.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU01'")
        assert call(etl).days == 5
    with site.connect(user="plant_dba") as owner:
        owner.execute(f"update {RAW_TABLE} set sf_cost_krw = 1")
        assert call(owner).days == 5
    assert_fresh(site, ZONE)
    for verb in (["refresh"], ["status"], ["uninstall", "--yes", "--roles"]):
        done = ahu_sql(*verb, "--dsn", dsn(site))
        assert done.returncode == 0, done.stderr
    assert (schema_dump(site), roles_dump(site)) == before


def test_what_one_installed_another_can_upgrade_and_remove(site: Database) -> None:
    """A superuser comes first, then the owner of the raw table, and the other way round."""
    for first, then in (("postgres", "plant_dba"), ("plant_dba", "postgres")):
        done = ahu_sql("install", "--dsn", dsn(site, first))
        assert done.returncode == 0, done.stderr
        site.execute("grant ahu_owner, ahu_read, ahu_write to plant_dba with admin option")
        site.execute("delete from _ahu.ledger where path ~ '60_refresh/fold|70_views'")
        done = ahu_sql("install", "--dsn", dsn(site, then))
        assert done.returncode == 0, done.stderr
        assert_fresh(site, ZONE)
        done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", dsn(site, then))
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("taken", "named"),
    [
        ("alter role plant_dba nocreaterole", "createrole"),
        ("revoke create on database {database} from plant_dba", "create on database"),
        (f"alter table {RAW_TABLE} owner to postgres", "ownership of the raw table"),
        (
            "alter schema ahu_data owner to postgres; grant usage on schema ahu_data to plant_dba",
            "schema",
        ),
    ],
)
def test_a_right_that_is_missing_is_named_and_nothing_is_done(
    site: Database, taken: str, named: str
) -> None:
    site.execute(taken.format(database=site.name))
    before = catalog_rows(site)
    done = ahu_sql("install", "--dsn", dsn(site))
    assert done.returncode != 0
    error, detail, hint = done.stderr.strip().splitlines()
    assert error == 'error: role "plant_dba" has too few rights to install ahu-sql'
    assert detail.startswith("DETAIL: It lacks: ") and named in detail
    assert hint.startswith("HINT: ")
    assert_same(before, catalog_rows(site))


def test_neither_role_may_install_or_remove(site: Database) -> None:
    done = ahu_sql("install", "--dsn", dsn(site))
    assert done.returncode == 0, done.stderr
    before = catalog_rows(site)
    for role in ("ahu_read", "ahu_write"):
        for verb in (["install"], ["uninstall", "--yes"]):
            done = ahu_sql(*verb, "--dsn", dsn(site, role))
            assert done.returncode in (1, 2), done.stderr
            assert "error: " in done.stderr and "HINT: " in done.stderr
            assert "Traceback" not in done.stderr
    with (
        site.connect(user="ahu_read") as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        call(reader)
    assert_same(before, catalog_rows(site))
