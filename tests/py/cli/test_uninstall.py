"""`ahu-sql uninstall` asks before it removes anything, and takes back all that it gave."""

from __future__ import annotations

import pytest

from cli.asking import answered, without_stdin
from cli.refusal import assert_refused, nothing_changes
from cli.sites import is_installed
from databases import Database
from product import ahu_sql

ROLES = "select rolname::text from pg_roles where rolname like 'ahu\\_%' order by 1"
SCHEMAS = "select from pg_namespace where nspname in ('ahu', '_ahu')"


def test_n_changes_nothing(installed: Database) -> None:
    with nothing_changes(installed, bare=False):
        done = answered("n\n", "uninstall", "--dsn", installed.dsn)
    assert (done.returncode, done.stdout) == (1, "")
    assert f'Remove ahu-sql from database "{installed.name}"? [y/N]' in done.stderr
    assert "The rollups can be made again from the raw table." in done.stderr


def test_no_answer_changes_nothing(installed: Database) -> None:
    for answer in ("", "\n"):
        with nothing_changes(installed, bare=False):
            done = answered(answer, "uninstall", "--dsn", installed.dsn)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


def test_no_stdin_at_all_changes_nothing(installed: Database) -> None:
    with nothing_changes(installed, bare=False):
        done = without_stdin("uninstall", "--dsn", installed.dsn)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def test_y_removes_it_and_keeps_the_roles(installed: Database) -> None:
    done = answered("y\n", "uninstall", "--dsn", installed.dsn)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith(
        "ahu-sql is removed; its roles are kept, to drop them: ahu-sql uninstall --roles\n"
    )
    assert installed.rows(SCHEMAS) == []
    assert installed.rows(ROLES) == [
        ("ahu_owner",),
        ("ahu_pgbouncer",),
        ("ahu_read",),
        ("ahu_write",),
    ]


def test_yes_asks_nothing_and_roles_takes_the_roles(installed: Database) -> None:
    done = without_stdin("uninstall", "--yes", "--roles", "--dsn", installed.dsn)
    assert (done.returncode, done.stderr) == (0, "ahu-sql is removed, with its roles\n")
    assert not is_installed(installed)
    assert installed.scalar("select count(*) from ahu_data.energy_readings") == 96


class TestRolesThatWereKept:
    NAMES = "ahu_write, ahu_read, ahu_pgbouncer, ahu_owner"

    @pytest.fixture
    def left(self, installed: Database) -> Database:
        """What a plain uninstall leaves."""
        assert ahu_sql("uninstall", "--yes", "--dsn", installed.dsn).returncode == 0
        return installed

    def test_go_later(self, left: Database) -> None:
        done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", left.dsn)
        assert (done.returncode, done.stdout) == (0, "")
        assert (
            done.stderr == f"ahu-sql is not installed here; its roles are dropped: {self.NAMES}\n"
        )
        assert left.rows(ROLES) == []
        done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", left.dsn)
        assert done.stderr == "ahu-sql is not installed here, nothing to do\n"

    def test_are_named_before(self, left: Database) -> None:
        with nothing_changes(left, bare=False):
            done = answered("n\n", "uninstall", "--roles", "--dsn", left.dsn)
        assert done.returncode == 1
        said = f'ahu-sql is not installed in database "{left.name}". Drop {self.NAMES}? [y/N]'
        assert said in done.stderr

    def test_stay_without_being_asked_for(self, left: Database) -> None:
        with nothing_changes(left, bare=False):
            done = ahu_sql("uninstall", "--yes", "--dsn", left.dsn)
        assert done.stderr == "ahu-sql is not installed here, nothing to do\n"

    def test_stay_where_they_are_needed(self, left: Database) -> None:
        left.execute("create table public.mine (); grant select on public.mine to ahu_read")
        with nothing_changes(left, bare=False):
            done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", left.dsn)
        assert_refused(
            done,
            exit_code=1,
            message='role "ahu_read" is still needed, nothing was removed',
            detail="privileges for table public.mine",
            hint="Revoke what it has elsewhere",
        )

    def test_of_the_site_s_own_making_stay(self, left: Database) -> None:
        left.execute("comment on role ahu_read is 'of the site'")
        done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", left.dsn)
        assert done.returncode == 0, done.stderr
        assert left.rows(ROLES) == [("ahu_read",)]


def test_where_nothing_is_installed_there_is_nothing_to_do(bare_site: Database) -> None:
    with nothing_changes(bare_site):
        done = ahu_sql("uninstall", "--dsn", bare_site.dsn)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "ahu-sql is not installed here, nothing to do\n"


def test_what_would_be_lost_for_good_is_said_before(installed: Database) -> None:
    installed.execute(
        "set session_replication_role = replica; "
        "delete from ahu_data.energy_readings where \"timestamp\" < '2024-01-02 00:00+09'"
    )
    done = answered("n\n", "uninstall", "--dsn", installed.dsn)
    assert "2 summaries of a day of an AHU, whose raw readings are gone" in done.stderr


def test_an_object_of_somebody_else_s_that_needs_ours_is_not_dropped(installed: Database) -> None:
    installed.execute("create view public.mine as select day from ahu.mv_daily_ahu_costs")
    with nothing_changes(installed, bare=False):
        done = ahu_sql("uninstall", "--yes", "--dsn", installed.dsn)
    assert done.returncode == 1
    assert "DETAIL: view public.mine depends on view ahu.mv_daily_ahu_costs\n" in done.stderr
    assert "HINT: Drop them or move them first" in done.stderr
