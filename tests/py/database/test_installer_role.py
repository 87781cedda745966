"""Who may install: not only a superuser."""

from __future__ import annotations

import psycopg
import pytest

from cli.refusal import nothing_changes
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
        site.execute(
            "grant ahu_owner, ahu_read, ahu_write, ahu_pgbouncer to plant_dba with admin option"
        )
        site.execute("delete from _ahu.ledger where path ~ '60_refresh/fold|70_views'")
        done = ahu_sql("install", "--dsn", dsn(site, then))
        assert done.returncode == 0, done.stderr
        assert_fresh(site, ZONE)
        done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", dsn(site, then))
        assert done.returncode == 0, done.stderr


LOOK_UP = """
    select p.proowner::regrole::text
    from pg_proc as p
    where p.oid = to_regprocedure('ahu.pgbouncer_login(text)')
"""
LEFT_OUT = (
    "warning: nobody can log in through pgbouncer\n"
    "DETAIL: Its look-up of passwords, ahu.pgbouncer_login, must be a superuser's; "
    'role "plant_dba" is none.\n'
    "HINT: Where pgbouncer is wanted, once as a superuser: ahu-sql install\n"
)


def done_by(user: str, site: Database, *verb: str) -> str:
    """What a command that worked said."""
    done = ahu_sql(*verb, "--dsn", dsn(site, user))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


class TestWhatOnlyASuperuserCanBuild:
    """The look-up of passwords, which reads the server's own."""

    def test_is_left_out_by_anybody_else_with_a_warning_each_time(self, site: Database) -> None:
        assert LEFT_OUT in done_by("plant_dba", site, "install")
        assert site.rows(LOOK_UP) == []
        with nothing_changes(site, bare=False):
            for verb in ("install", "plan"):
                assert LEFT_OUT in done_by("plant_dba", site, verb)
        assert_fresh(site, ZONE)

    def test_is_built_by_the_next_superuser_and_nothing_else_is(self, site: Database) -> None:
        done_by("plant_dba", site, "install")
        plan = ahu_sql("plan", "--dsn", site.dsn)
        assert plan.returncode == 1
        assert plan.stdout == "create   85_pooler/pgbouncer_login.sql\n"
        assert done_by("postgres", site, "install").startswith("1 file applied\n")
        assert site.rows(LOOK_UP) == [("postgres",)]
        site.execute("alter role ahu_read password 'secret'")
        with site.connect(user="ahu_pgbouncer") as pooler:
            found = pooler.execute("select user_name from ahu.pgbouncer_login('ahu_read')")
            assert found.fetchall() == [("ahu_read",)]

    def test_stays_as_it_is_at_the_installs_of_others_who_need_not_be_warned(
        self, site: Database
    ) -> None:
        done_by("plant_dba", site, "install")
        done_by("postgres", site, "install")
        with nothing_changes(site, bare=False):
            assert done_by("plant_dba", site, "install") == "nothing to apply\n"
            assert done_by("plant_dba", site, "plan") == "nothing is pending\n"
        # of an older version it would be left, with a warning
        site.execute("update _ahu.ledger set checksum = repeat('0', 64) where path ~ '85_pooler'")
        assert LEFT_OUT in done_by("plant_dba", site, "install")
        assert site.rows(LOOK_UP) == [("postgres",)]

    def test_is_removed_by_whoever_may_remove_the_rest(self, site: Database) -> None:
        before = schema_dump(site), roles_dump(site)
        done_by("plant_dba", site, "install")
        done_by("postgres", site, "install")
        said = done_by("plant_dba", site, "uninstall", "--yes", "--roles")
        assert roles_dump(site) == before[1]
        # all but what the superuser's install took from everybody
        assert said == (
            "warning: PUBLIC stays without the right to create large objects\n"
            "DETAIL: A superuser's install revoked it from PUBLIC, and role plant_dba may not "
            "grant it.\n"
            f"HINT: As a superuser: grant execute on function {MAKERS} to public;\n"
            "ahu-sql is removed, with its roles\n"
        )
        site.execute(said.split("As a superuser: ")[1].splitlines()[0])
        assert schema_dump(site) == before[0]

    def test_is_a_superuser_s_whoever_made_one_of_its_name_before(self, site: Database) -> None:
        done_by("plant_dba", site, "install")
        with site.connect(user="plant_dba") as dba:
            dba.execute(
                "set role ahu_owner; create function ahu.pgbouncer_login(login text) "
                "returns table (user_name text, password text) language sql as "
                "$$select 'ahu_read'::text, 'mine'::text$$"
            )
        done_by("postgres", site, "install")
        assert site.rows(LOOK_UP) == [("postgres",)]
        with site.connect(user="ahu_pgbouncer") as pooler:
            found = pooler.execute("select password from ahu.pgbouncer_login('ahu_read')")
            assert found.fetchall() == [(None,)]


MAKERS = (
    "pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea)"
)
MAKES = "select has_function_privilege('public', 'lo_create(oid)', 'execute')"


class TestWhatOnlyASuperuserMayTake:
    """Everybody's right to create large objects."""

    def test_is_left_by_anybody_else_with_a_warning_once(self, site: Database) -> None:
        assert (
            "warning: ahu_read can create large objects, as everybody can\n"
            f'DETAIL: PUBLIC may execute {MAKERS}; role "plant_dba" cannot revoke that.\n'
            "HINT: Once as a superuser: ahu-sql install; or keep it: ahu-sql install --set "
            "roles.large_objects=open\n"
        ) in done_by("plant_dba", site, "install")
        with nothing_changes(site, bare=False):
            assert "large objects" not in done_by("plant_dba", site, "install")
        assert site.scalar(MAKES)
        assert site.rows("table _ahu.site_revokes") == []

    def test_may_be_kept_by_a_setting_without_a_warning(self, site: Database) -> None:
        kept = ("install", "--set", "roles.large_objects=open")
        assert "large objects" not in done_by("plant_dba", site, *kept)

    def test_is_taken_by_the_next_superuser(self, site: Database) -> None:
        done_by("plant_dba", site, "install")
        assert "large objects" not in done_by("postgres", site, "install")
        assert not site.scalar(MAKES)
        with nothing_changes(site, bare=False):
            assert done_by("plant_dba", site, "install") == "nothing to apply\n"

    def test_is_given_back_by_no_one_else_either(self, site: Database) -> None:
        done_by("plant_dba", site, "install")
        done_by("postgres", site, "install")
        opened = ("install", "--set", "roles.large_objects=open")
        assert (
            "warning: PUBLIC stays without the right to create large objects\n"
            f'DETAIL: PUBLIC may not execute {MAKERS}; role "plant_dba" cannot grant that.\n'
            "HINT: Once as a superuser: ahu-sql install --set roles.large_objects=open\n"
        ) in done_by("plant_dba", site, *opened)
        assert not site.scalar(MAKES)
        done_by("postgres", site, *opened)
        assert site.scalar(MAKES)
        assert site.rows("table _ahu.site_revokes") == []

    def test_is_nobody_s_concern_where_somebody_gave_it_back(self, site: Database) -> None:
        done_by("plant_dba", site, "install")
        done_by("postgres", site, "install")
        site.execute(f"grant execute on function {MAKERS} to public")
        opened = ("install", "--set", "roles.large_objects=open")
        assert "large objects" not in done_by("plant_dba", site, *opened)
        assert "large objects" not in done_by("plant_dba", site, "uninstall", "--yes")
        assert site.scalar(MAKES)


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
