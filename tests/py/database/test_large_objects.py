"""Everybody's right to create large objects: closed where nobody uses it, and given back."""

from __future__ import annotations

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from cli.refusal import nothing_changes
from databases import Database
from plant import raw_table
from product import ahu_sql
from snapshots import schema_dump

MAKERS = (
    "pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea)"
)
OPEN = ("--set", "roles.large_objects=open")
REMEMBERED = "select function_name from _ahu.site_revokes order by 1"


@pytest.fixture
def site(database: Database) -> Database:
    """An empty raw table."""
    raw_table(database)
    return database


def installed(site: Database, *options: str) -> str:
    """What an install that worked said."""
    done = ahu_sql("install", "--dsn", site.dsn, *options)
    assert done.returncode == 0, done.stderr
    return done.stderr


def open_to_everybody(site: Database) -> list[str]:
    """The functions that PUBLIC may execute."""
    return [
        name
        for (name,) in site.rows(
            "select f.oid::regprocedure::text from pg_proc as f "
            "where f.oid = any (array['lo_creat(integer)', 'lo_create(oid)', "
            "'lo_from_bytea(oid, bytea)']::regprocedure[]) "
            "and has_function_privilege('public', f.oid, 'execute') order by 1"
        )
    ]


ALL = ["lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid,bytea)"]


@pytest.mark.parametrize("role", ["ahu_read", "ahu_write", "ahu_pgbouncer"])
def test_a_client_library_s_own_call_is_refused_too(site: Database, role: str) -> None:
    """It asks for the function by its number, without SQL."""
    installed(site)
    connection = psycopg2.connect(site.server.dsn(site.name, role))
    try:
        connection.set_session(readonly=False)
        with pytest.raises((InsufficientPrivilege, psycopg2.OperationalError)) as caught:
            connection.lobject(0, "w")
        assert "permission denied for function lo_creat" in str(caught.value)
    finally:
        connection.close()
    assert site.rows("select from pg_largeobject_metadata") == []


def test_the_setting_opens_what_was_closed_and_closes_it_again(site: Database) -> None:
    before = schema_dump(site)
    assert open_to_everybody(site) == ALL
    for _ in range(2):
        assert "large objects" not in installed(site)
        assert open_to_everybody(site) == []
        assert installed(site, *OPEN).startswith("1 file applied\n")
        assert open_to_everybody(site) == ALL
        assert site.rows(REMEMBERED) == []
        with nothing_changes(site, bare=False):
            installed(site, *OPEN)
    assert "lo_cre" not in before + schema_dump(site)


def test_what_somebody_took_before_is_not_given_to_everybody(site: Database) -> None:
    site.execute("revoke execute on function lo_creat(integer), lo_create(oid) from public")
    installed(site)
    assert site.rows(REMEMBERED) == [("pg_catalog.lo_from_bytea(oid, bytea)",)]
    installed(site, *OPEN)
    assert open_to_everybody(site) == ["lo_from_bytea(oid,bytea)"]


def test_what_somebody_gave_to_everybody_since_is_taken_again(site: Database) -> None:
    installed(site)
    site.execute("grant execute on function lo_create(oid) to public")
    installed(site)
    assert open_to_everybody(site) == []
    with nothing_changes(site, bare=False):
        installed(site)


def test_a_grant_of_another_role_is_left_and_not_taken_for_ours(site: Database) -> None:
    site.execute(
        "create role clerk nologin; revoke execute on function lo_create(oid) from public; "
        "grant execute on function lo_create(oid) to clerk with grant option; "
        "set role clerk; grant execute on function lo_create(oid) to public"
    )
    assert "warning: ahu_read can create large objects" in installed(site)
    assert "pg_catalog.lo_create(oid)" not in dict(site.rows("table _ahu.site_revokes"))
    with nothing_changes(site, bare=False):
        installed(site)


class TestWhereSomebodyUsesThem:
    @pytest.fixture
    def used(self, site: Database) -> Database:
        """With one large object."""
        site.execute("select lo_from_bytea(4711, 'somebody''s')")
        return site

    def test_they_are_left_with_a_warning_once(self, used: Database) -> None:
        assert (
            "warning: ahu_read can create large objects, as everybody can\n"
            "DETAIL: This database holds large objects, and whoever makes them may need the right "
            "that PUBLIC has.\n"
            "HINT: Grant it to those who need it, then: revoke execute on function "
            f"{MAKERS} from public; or keep it: ahu-sql install --set roles.large_objects=open\n"
        ) in installed(used)
        assert open_to_everybody(used) == ALL
        assert used.rows(REMEMBERED) == []
        with nothing_changes(used, bare=False):
            assert installed(used) == "nothing to apply\n"

    def test_the_hint_can_be_typed_and_what_it_took_is_not_ours(self, used: Database) -> None:
        said = installed(used)
        used.execute(said.split("need it, then: ")[1].split(";")[0])
        assert open_to_everybody(used) == []
        # an install that applies something says no more of it
        assert "large objects" not in installed(used, "--set", "pgbouncer.read_pool_size=9")
        done = ahu_sql("uninstall", "--yes", "--dsn", used.dsn)
        assert done.returncode == 0, done.stderr
        assert open_to_everybody(used) == []

    def test_they_may_be_kept_by_the_setting_without_a_warning(self, used: Database) -> None:
        assert "large objects" not in installed(used, *OPEN)

    def test_they_are_closed_when_the_last_one_is_gone(self, used: Database) -> None:
        installed(used)
        used.execute("select lo_unlink(4711)")
        installed(used)
        assert open_to_everybody(used) == []

    def test_what_was_closed_before_stays_closed(self, site: Database) -> None:
        installed(site)
        site.execute("select lo_create(0)")
        with nothing_changes(site, bare=False):
            assert installed(site) == "nothing to apply\n"
        assert open_to_everybody(site) == []
