"""Passwords at install: set once, compared afterwards, and seen by nobody on the way."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ahu_sql.demo.server import LocalServer
from cli.asking import Done
from cli.refusal import assert_refused, nothing_changes
from cli.sites import fill
from databases import Database, fresh_database
from plant import RAW_TABLE
from product import ahu_sql
from sessions import wait_until

READ, WRITE, OWN = "leser ' und \" 독자 %s", "schreiber\\41", 'door"keeper'
ALL = {"AHU_READ_PASSWORD": READ, "AHU_WRITE_PASSWORD": WRITE, "AHU_PGBOUNCER_PASSWORD": OWN}
ROLES = ("ahu_pgbouncer", "ahu_read", "ahu_write")
SCRAM = re.compile(r"SCRAM-SHA-256\$4096:[\w+/=]+\$[\w+/=]+:[\w+/=]+")


def run(verb: str, dsn: str, *options: str, **passwords: str) -> Done:
    """`ahu-sql VERB` with passwords in its environment, none of which it ever says."""
    done = ahu_sql(verb, "--dsn", dsn, *options, environment=passwords)
    said = done.stdout + done.stderr
    for name, password in passwords.items():
        assert password not in said or name.endswith("_FILE") or not password
    assert "SCRAM" not in said and "Traceback" not in said
    return done


def install(dsn: str, *options: str, **passwords: str) -> str:
    """What an install that worked said."""
    done = run("install", dsn, *options, **passwords)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


def set_passwords(said: str) -> list[str]:
    return re.findall(r"^password of (\w+) set$", said, re.MULTILINE)


def secrets(database: Database) -> dict[str, str | None]:
    """What the server keeps of the passwords of our roles."""
    return dict(
        database.rows(
            "select rolname::text, rolpassword from pg_authid where rolname like 'ahu\\_%' "
            "and rolcanlogin order by 1"
        )
    )


class TestAtInstall:
    def test_each_role_gets_its_own_as_a_scram_secret(self, site: Database) -> None:
        said = install(site.dsn, **ALL)
        assert set_passwords(said) == ["ahu_read", "ahu_write", "ahu_pgbouncer"]
        stored = secrets(site)
        assert set(stored) == set(ROLES)
        assert all(SCRAM.fullmatch(secret or "") for secret in stored.values())
        assert len(set(stored.values())) == 3

    def test_without_any_nobody_gets_one(self, site: Database) -> None:
        assert set_passwords(install(site.dsn)) == []
        assert set(secrets(site).values()) == {None}

    def test_who_is_left_without_one_is_said_once(self, site: Database) -> None:
        said = install(site.dsn)
        assert (
            "ahu_read and ahu_write have no password yet\n"
            "DETAIL: Where the server or pgbouncer asks for one, they do not get in.\n"
            "HINT: AHU_READ_PASSWORD_FILE=FILE AHU_WRITE_PASSWORD_FILE=FILE ahu-sql install\n"
        ) in said
        again = install(site.dsn, "--set", "drilldown.raw_access=open")
        assert "files applied" in again or "file applied" in again
        assert "no password yet" not in again + install(site.dsn)

    def test_that_names_only_those_who_lack_one(self, site: Database) -> None:
        said = install(site.dsn, AHU_READ_PASSWORD=READ)
        assert "ahu_write has no password yet\n" in said
        assert "HINT: AHU_WRITE_PASSWORD_FILE=FILE ahu-sql install\n" in said

    def test_and_nobody_who_has_one_or_cannot_log_in(self, site: Database) -> None:
        site.execute("create role ahu_write nologin")
        assert "no password yet" not in install(site.dsn, AHU_READ_PASSWORD=READ)

    def test_the_same_again_changes_nothing_at_all(self, site: Database) -> None:
        install(site.dsn, **ALL)
        with nothing_changes(site, bare=False):
            said = install(site.dsn, **ALL)
        assert said == "nothing to apply\n"
        with nothing_changes(site, bare=False):
            assert install(site.dsn) == "nothing to apply\n"  # which leaves them as they are

    def test_another_value_changes_that_one_role(self, site: Database) -> None:
        install(site.dsn, **ALL)
        before = secrets(site)
        said = install(site.dsn, **ALL | {"AHU_READ_PASSWORD": "another"})
        assert said == "password of ahu_read set\n"
        after = secrets(site)
        assert {role for role in ROLES if before[role] != after[role]} == {"ahu_read"}
        with nothing_changes(site, bare=False):
            install(site.dsn, AHU_READ_PASSWORD="another")

    def test_one_that_was_changed_on_the_server_is_set_again(self, installed: Database) -> None:
        install(installed.dsn, AHU_READ_PASSWORD=READ)
        for change in ("password null", "password 'by hand'"):
            installed.execute(f"alter role ahu_read {change}")
            assert set_passwords(install(installed.dsn, AHU_READ_PASSWORD=READ)) == ["ahu_read"]

    def test_a_file_may_hold_it(self, installed: Database, tmp_path: Path) -> None:
        file = tmp_path / "password"
        file.write_text(READ + "\n", encoding="utf-8")
        said = install(installed.dsn, AHU_READ_PASSWORD_FILE=str(file))
        assert set_passwords(said) == ["ahu_read"] and "독자" not in said
        with nothing_changes(installed, bare=False):
            install(installed.dsn, AHU_READ_PASSWORD=READ)

    def test_a_role_that_was_there_before_gets_it_too(self, site: Database) -> None:
        site.execute("create role ahu_read login password 'of the site'")
        assert set_passwords(install(site.dsn, AHU_READ_PASSWORD=READ)) == ["ahu_read"]

    def test_it_is_a_part_of_the_one_transaction(self, site: Database) -> None:
        """A password without the rest, or the rest without it, would be half an install."""
        site.execute("create role ahu_read login password 'of the site'")
        before = secrets(site)
        # what finishes an install locks the raw table, after the passwords
        with site.connect(autocommit=False) as writer:
            writer.execute(f"delete from {RAW_TABLE}")
            done = run("install", site.dsn, "--patience", "1", AHU_READ_PASSWORD=READ)
            assert done.returncode == 1 and "a lock was not free" in done.stderr
            assert secrets(site) == before
            writer.rollback()


class TestPlan:
    def test_it_names_whose_password_is_to_be_set_and_sets_none(self, installed: Database) -> None:
        with nothing_changes(installed, bare=False):
            done = run("plan", installed.dsn, AHU_READ_PASSWORD=READ, AHU_WRITE_PASSWORD=WRITE)
        assert (done.returncode, done.stdout) == (1, "password ahu_read\npassword ahu_write\n")
        assert done.stderr == "2 steps pending: ahu-sql install\n"

    def test_it_has_nothing_to_say_where_they_are_set(self, installed: Database) -> None:
        install(installed.dsn, **ALL)
        done = run("plan", installed.dsn, **ALL)
        assert (done.returncode, done.stdout) == (0, "")
        done = run("plan", installed.dsn, **ALL | {"AHU_WRITE_PASSWORD": "another"})
        assert (done.returncode, done.stdout) == (1, "password ahu_write\n")

    def test_before_an_install_all_of_them_are_to_be_set(self, bare_site: Database) -> None:
        with nothing_changes(bare_site):
            done = run("plan", bare_site.dsn, **ALL)
        assert done.stdout.endswith(
            "password ahu_read\npassword ahu_write\npassword ahu_pgbouncer\n"
        )


WRONG = {
    "empty": (
        {"AHU_READ_PASSWORD": ""},
        "the password of role ahu_read is empty, has control characters or is not UTF-8",
        "It comes from AHU_READ_PASSWORD.",
    ),
    "blank": (
        {"AHU_READ_PASSWORD": " \u00a0 "},
        "the password of role ahu_read is empty, has control characters or is not UTF-8",
        "It comes from AHU_READ_PASSWORD.",
    ),
    "two lines": (
        {"AHU_WRITE_PASSWORD": "geheim\nnis"},
        "the password of role ahu_write is empty, has control characters or is not UTF-8",
        "It comes from AHU_WRITE_PASSWORD.",
    ),
    "no text": (
        {"AHU_READ_PASSWORD": "geheim\udcff"},
        "the password of role ahu_read is empty, has control characters or is not UTF-8",
        "It comes from AHU_READ_PASSWORD.",
    ),
    "two": (
        {"AHU_READ_PASSWORD": "geheim", "AHU_READ_PASSWORD_FILE": "/dev/null"},
        "role ahu_read has two passwords",
        "Both AHU_READ_PASSWORD and AHU_READ_PASSWORD_FILE are set.",
    ),
    "an empty file": (
        {"AHU_PGBOUNCER_PASSWORD_FILE": os.devnull},
        "the password of role ahu_pgbouncer is empty, has control characters or is not UTF-8",
        "It comes from AHU_PGBOUNCER_PASSWORD_FILE.",
    ),
    "no file": (
        {"AHU_WRITE_PASSWORD_FILE": "/nowhere/password"},
        'cannot read the password file "/nowhere/password"',
        "No such file or directory.",
    ),
    "a folder": (
        {"AHU_WRITE_PASSWORD_FILE": "/"},
        'cannot read the password file "/"',
        "Is a directory.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("verb", ["install", "plan"])
def test_a_wrong_one_gives_one_error_and_changes_nothing(
    bare_site: Database, verb: str, name: str
) -> None:
    passwords, message, detail = WRONG[name]
    with nothing_changes(bare_site):
        done = run(verb, bare_site.dsn, **passwords)
    assert_refused(done, exit_code=2, message=message, detail=detail)
    assert "geheim" not in done.stderr


def by_dba(database: Database) -> str:
    """The connection string of one who may install and is no superuser."""
    database.execute(
        "create role plant_dba login createrole; "
        f"grant create on database {database.name} to plant_dba; "
        f"alter table {RAW_TABLE} owner to plant_dba; alter schema ahu_data owner to plant_dba"
    )
    return database.server.dsn(database.name, "plant_dba")


class TestByAnInstallerThatIsNoSuperuser:
    """It may set the passwords of roles that it made, and cannot look at what they are."""

    @pytest.fixture
    def dba(self, site: Database) -> str:
        return by_dba(site)

    def test_they_are_set_at_each_install_that_has_them(self, site: Database, dba: str) -> None:
        for _ in range(2):
            before = secrets(site)
            said = install(dba, **ALL)
            assert set_passwords(said) == ["ahu_read", "ahu_write", "ahu_pgbouncer"]
            after = secrets(site)
            assert all(SCRAM.fullmatch(secret or "") for secret in after.values())
            assert set(before.items()).isdisjoint(after.items())
        # and they are what they should be
        with nothing_changes(site, bare=False):
            assert "password" not in run("plan", site.dsn, **ALL).stdout

    def test_plan_says_so(self, dba: str) -> None:
        install(dba)
        done = run("plan", dba, AHU_READ_PASSWORD=READ)
        assert (done.returncode, done.stdout) == (1, "password ahu_read\n")
        assert run("plan", dba).returncode == 0

    def test_without_any_nothing_is_written(self, site: Database, dba: str) -> None:
        install(dba, **ALL)
        with nothing_changes(site, bare=False):
            assert "nothing to apply\n" in install(dba)

    def test_of_a_role_that_another_made_it_needs_the_right(self, site: Database, dba: str) -> None:
        install(site.dsn)
        site.execute("grant ahu_owner to plant_dba")
        if site.scalar("select current_setting('server_version_num')::int") < 160000:
            assert set_passwords(install(dba, AHU_READ_PASSWORD=READ)) == ["ahu_read"]
            return  # there, createrole was enough
        with nothing_changes(site, bare=False):
            done = run("install", dba, AHU_READ_PASSWORD=READ)
        assert_refused(
            done,
            exit_code=1,
            message="cannot set the password of role ahu_read",
            detail="Role plant_dba may not alter it.",
            hint="with createrole that has the admin option for it",
        )


class TestTheServersLog:
    """It is told to write down everything, and may be read by many."""

    LOUD = (
        "log_statement = 'all'",
        "log_min_duration_statement = 0",
        "log_min_duration_sample = 0",
        "log_statement_sample_rate = 1",
        "log_transaction_sample_rate = 1",
        "log_duration = on",
        "log_parameter_max_length = -1",
        "log_min_error_statement = 'debug5'",
        "log_error_verbosity = 'verbose'",
    )

    @pytest.fixture
    def loud(self, own_server: LocalServer) -> Iterator[Database]:
        with fresh_database(own_server) as database:
            fill(database)
            self.write_down(database, *self.LOUD)
            yield database

    def write_down(self, database: Database, *settings: str) -> None:
        for setting in (*settings, "log_parameter_max_length_on_error = -1"):
            database.execute(f"alter system set {setting}")
        database.execute("select pg_reload_conf()")
        wait_until(
            lambda: database.scalar("show log_parameter_max_length_on_error") == "-1",
            "the server writes down what it is told to",
        )

    def log(self, database: Database) -> str:
        """All that the server wrote."""
        server = database.server
        assert isinstance(server, LocalServer)
        return server.log.read_text("utf-8", errors="replace")

    def assert_no_password_in(self, text: str) -> None:
        for password in ALL.values():
            # nor as it stands in a literal or in a dump of a syntax tree
            for form in {password, password.replace("'", "''"), password.replace("\\", "\\\\")}:
                assert form not in text
        for word in ("독자", "leser", "schreiber", "keeper"):
            assert word not in text

    def test_has_neither_passwords_nor_secrets(self, loud: Database) -> None:
        install(loud.dsn, **ALL)
        run("plan", loud.dsn, **ALL)
        install(loud.dsn, **ALL | {"AHU_READ_PASSWORD": "leser zwei"})
        text = self.log(loud)
        assert "call _ahu.limit_role($1, 'password', $2)" in text
        self.assert_no_password_in(text)
        assert "SCRAM-SHA-256$" not in text
        for secret in secrets(loud).values():
            assert secret
            for part in re.split(r"[$:]", secret)[2:]:
                assert part not in text

    def test_nor_when_setting_one_fails(self, loud: Database) -> None:
        install(loud.dsn)
        with loud.connect(autocommit=False) as other:
            other.execute("alter role ahu_read connection limit 77")
            done = run("install", loud.dsn, "--patience", "1", **ALL)
            other.rollback()
        assert done.returncode == 1
        assert "a lock was not free within 1 seconds" in done.stderr
        text = self.log(loud)
        assert "canceling statement due to lock timeout" in text
        self.assert_no_password_in(text)
        assert "SCRAM-SHA-256$" not in text

    def test_has_no_password_either_of_an_installer_that_cannot_silence_it(
        self, loud: Database
    ) -> None:
        install(by_dba(loud), **ALL)
        assert all(secrets(loud).values())
        text = self.log(loud)
        assert "call _ahu.limit_role($1, 'password', $2)" in text
        self.assert_no_password_in(text)

    def test_nor_a_secret_of_such_a_one_when_setting_it_fails(
        self, own_server: LocalServer
    ) -> None:
        with fresh_database(own_server) as database:
            fill(database)
            dba = by_dba(database)
            install(dba)
            self.write_down(database)  # errors alone, with their parameters
            with database.connect(autocommit=False) as other:
                other.execute("alter role ahu_read connection limit 77")
                done = run("install", dba, "--patience", "1", **ALL)
                other.rollback()
            assert done.returncode == 1
            text = self.log(database)
            assert "canceling statement due to lock timeout" in text
            self.assert_no_password_in(text)
            assert "SCRAM-SHA-256$" not in text

    def test_has_the_parameters_of_what_comes_afterwards(self, loud: Database) -> None:
        """The backfill of the same install, in other transactions."""
        install(loud.dsn, **ALL)
        after = self.log(loud).rpartition("'password', $2)")[2]
        assert re.search(r"call ahu.refresh_dashboard_views.*\n(.*\n)?.*arameters: \$1 = ", after)


def test_one_logs_in_with_them_and_with_no_other(own_server: LocalServer) -> None:
    with fresh_database(own_server) as database:
        fill(database)
        install(database.dsn, **ALL)
        hba = own_server.data / "pg_hba.conf"
        strict = f"host all {','.join(ROLES)} all scram-sha-256\n"
        hba.write_text(strict + hba.read_text())
        own_server.reload()
        given = {"ahu_read": READ, "ahu_write": WRITE, "ahu_pgbouncer": OWN}

        def is_refused(role: str, password: str | None) -> bool:
            dsn = own_server.dsn(database.name, role)
            try:
                psycopg.connect(dsn, password=password).close()
            except psycopg.OperationalError as error:
                assert "password" in str(error)
                return True
            return False

        wait_until(lambda: is_refused("ahu_read", None), "the server asks for passwords")
        for role in ROLES:
            for other, password in given.items():
                assert is_refused(role, password) is (other != role)
            assert is_refused(role, None)
