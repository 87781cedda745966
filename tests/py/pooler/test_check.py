"""`ahu-sql pgbouncer check`, against real poolers of each version and a real server."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from ahu_sql.demo.processes import free_port
from ahu_sql.demo.server import LocalServer
from ahu_sql.pooler.console import connect_console, show, version_of
from ahu_sql.pooler.known_settings import age_of, default_of, same
from ahu_sql.pooler.versions import INTRODUCED
from cli.refusal import assert_refused
from databases import Database
from pooler.conftest import CONNECTIONS, VERSIONS
from pooler.site import DATABASE, PooledSite
from product import ahu_sql
from servers.pooler import PASSWORDS, PoolerProcess, render_pooler, start_pooler

NOTES = {"1.18": ["AHU514", "AHU562", "AHU572"], "1.24": []}


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return ahu_sql("pgbouncer", "check", *map(str, arguments))


def codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The codes of findings and notes, sorted."""
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1), done.stderr
    return sorted(re.findall(r"^\S[^:]*(?::\d+)?: (?:note )?(AHU\d+) ", done.stdout, re.MULTILINE))


def copied(site: PooledSite, folder: Path) -> Path:
    """The pooler's files, to be changed."""
    for name in ("pgbouncer.ini", "pgbouncer_hba.conf", "userlist.txt"):
        shutil.copy(site.pooler.folder / name, folder / name)
    return folder


def edit(path: Path, pattern: str, line: str) -> None:
    text, times = re.subn(pattern, line, path.read_text(), flags=re.MULTILINE)
    assert times == 1
    path.write_text(text)


class TestOurOwn:
    def test_files_pooler_and_server_give_no_finding_only_notes(self, pooled: PooledSite) -> None:
        pooler = pooled.pooler
        places = ("--dsn", pooler.console_dsn, "--server", pooled.database.dsn)
        for arguments in ((pooler.folder,), (pooler.folder, *places), (*places,)):
            done = check(*arguments)
            assert (done.returncode, codes(done)) == (0, NOTES[pooled.version]), done.stdout
            assert f"pgbouncer {pooled.version}" in done.stderr
            assert not any(word in done.stdout + done.stderr for word in PASSWORDS.values())

    def test_the_console_alone_says_what_it_cannot_tell(self, pooled: PooledSite) -> None:
        done = check("--dsn", pooled.pooler.console_dsn)
        assert "not looked at: who may log in, and the auth_user of each alias" in done.stderr

    def test_the_console_may_be_named_without_its_database(self, pooled: PooledSite) -> None:
        pooler = pooled.pooler
        dsn = f"host={pooler.folder} port={pooler.port} user={getpass.getuser()}"
        assert check("--dsn", dsn).returncode == 0


class TestRunning:
    def test_a_value_that_waits_for_a_reload_is_found_with_its_line(
        self, pooled: PooledSite, tmp_path: Path
    ) -> None:
        ini = copied(pooled, tmp_path) / "pgbouncer.ini"
        edit(ini, r"^query_wait_timeout = .*$", "query_wait_timeout = 14")
        edit(ini, r"^ahu_write = (.*) pool_size=5 ", r"ahu_write = \1 pool_size=6 ")
        done = check(tmp_path, "--dsn", pooled.pooler.console_dsn)
        assert done.returncode == 1
        assert [code for code in codes(done) if code == "AHU581"] == ["AHU581"] * 2
        line = ini.read_text().split("\n").index("query_wait_timeout = 14") + 1
        assert (
            f'pgbouncer.ini:{line}: AHU581 query_wait_timeout is "14" here and "15"' in done.stdout
        )
        assert 'pool size of "ahu_write" is "6" here and "5" in the running' in done.stdout

    def test_a_file_for_another_version_is_found(
        self, poolers: dict[str, PooledSite], tmp_path: Path
    ) -> None:
        done = check(copied(poolers["1.18"], tmp_path), "--dsn", poolers["1.24"].pooler.console_dsn)
        assert "AHU582" in codes(done)
        assert "made for pgbouncer 1.18, and 1.24.1 runs" in done.stdout

    def test_what_is_too_new_for_the_running_version_is_found(
        self, poolers: dict[str, PooledSite], tmp_path: Path
    ) -> None:
        done = check(copied(poolers["1.24"], tmp_path), "--dsn", poolers["1.18"].pooler.console_dsn)
        for name in ("max_prepared_statements", "max_db_client_connections", "reserve_pool_size"):
            assert f'"{name}"' in done.stdout
        assert "came with 1.21, pgbouncer 1.18.0 does not start with it" in done.stdout


@pytest.fixture(params=VERSIONS)
def own(request: pytest.FixtureRequest, pooled_server: LocalServer) -> Iterator[PoolerProcess]:
    """A pooler that a test may change."""
    with start_pooler(pooled_server, request.param, DATABASE) as pooler:
        yield pooler


class TestAChangedPooler:
    def test_an_alias_at_rest_is_found_until_it_is_resumed(
        self, own: PoolerProcess, pooled_server: LocalServer
    ) -> None:
        for command, expected in (
            ("pause ahu_read", ["AHU583"]),
            ("resume ahu_read", []),
            ("disable ahu_write", ["AHU583"]),
            ("enable ahu_write", []),
        ):
            own.command(pooled_server.binaries, command)
            for arguments in ((own.folder,), ()):
                done = check(*arguments, "--dsn", own.console_dsn)
                assert codes(done) == sorted(NOTES[own.version] + expected), command

    def test_a_second_section_resets_the_first_and_is_found(self, own: PoolerProcess) -> None:
        ini = own.folder / "pgbouncer.ini"
        kept = [line for line in ini.read_text().split("\n") if line.startswith(("auth", "stats"))]
        assert check(own.folder).returncode == 0
        ini.write_text("\n".join([ini.read_text(), "[pgbouncer]", *kept, "pkt_buf = 8192", ""]))
        done = check(own.folder)
        assert {"AHU505", "AHU521"} <= set(codes(done))
        # And so does the real one.
        own.reload()
        with connect_console(own.console_dsn) as console:
            for _ in range(100):
                now = {row["key"]: row["value"] for row in show(console, "config")}
                if now["pkt_buf"] == "8192":
                    break
        assert now["query_wait_timeout"] == "120"


class TestSettings:
    def test_every_setting_of_the_real_one_is_known_with_its_default(
        self, pooled: PooledSite
    ) -> None:
        with connect_console(pooled.pooler.console_dsn) as console:
            version = version_of(console)
            shown = {row["key"]: row["default"] or "" for row in show(console, "config")}
        # What a build or the system decides, or the command line.
        del shown["conffile"], shown["job_name"], shown["verbose"]
        ciphers = [name for name in shown if name.endswith("_ciphers")]
        for name, value in shown.items():
            age = age_of("pgbouncer", name)
            assert age is not None and age <= version, name
            assert name in ciphers or same(name, default_of(name, version), value), name

    def test_and_no_other_is_taken_for_one_of_its_own(self, pooled: PooledSite) -> None:
        with connect_console(pooled.pooler.console_dsn) as console:
            version = version_of(console)
            shown = {row["key"] for row in show(console, "config")}
        for name, introduced in INTRODUCED.items():
            if age_of("pgbouncer", name) and introduced <= version:
                assert name in shown
            elif age_of("pgbouncer", name):
                assert name not in shown


class TestServer:
    def test_a_plain_role_sees_sizes_and_says_what_it_may_not_see(
        self, poolers: dict[str, PooledSite]
    ) -> None:
        site = poolers["1.24"]
        site.database.execute("create role looker login")
        try:
            done = check(site.pooler.folder, "--server", site.server.dsn(DATABASE, "looker"))
        finally:
            site.database.execute("drop role looker")
        assert (done.returncode, codes(done)) == (0, [])
        assert "not looked at: whether roles have a SCRAM secret: role looker may" in done.stderr
        assert "pg_hba.conf of the server lets pgbouncer in: role looker may not" in done.stderr

    def test_limits_and_secrets_of_roles_are_compared(
        self, poolers: dict[str, PooledSite], tmp_path: Path
    ) -> None:
        site = poolers["1.24"]
        ini = copied(site, tmp_path) / "pgbouncer.ini"
        edit(ini, r"^ahu_read = (.*) pool_size=20", r"ahu_read = \1 pool_size=900")
        edit(ini, r"^ahu_read = (.*) max_db_connections=29", r"ahu_read = \1")
        site.database.execute("alter role ahu_read connection limit 30")
        try:
            done = check(tmp_path, "--server", site.database.dsn)
        finally:
            site.database.execute(f"alter role ahu_read connection limit {CONNECTIONS}")
        assert codes(done) == ["AHU511", "AHU512"]
        assert "more than the connection limit of role ahu_read, 30" in done.stdout

    def test_a_database_without_the_function_and_one_with_a_wrong_one(
        self, poolers: dict[str, PooledSite], pooled_server: LocalServer
    ) -> None:
        site = poolers["1.24"]
        site.database.execute("create database elsewhere")
        elsewhere = Database(pooled_server, "elsewhere")
        try:
            done = check(site.pooler.folder, "--server", elsewhere.dsn)
            assert codes(done) == ["AHU554"]
            assert "function ahu.pgbouncer_login(text) is not in database elsewhere" in done.stdout
            assert "is it the right one?" in done.stderr
            elsewhere.execute(
                """
                create schema ahu;
                create function ahu.pgbouncer_login(text) returns text security definer
                    language sql as $$ select $1 $$;
                revoke all on function ahu.pgbouncer_login(text) from public;
                alter function ahu.pgbouncer_login(text) owner to ahu_owner;
                """
            )
            done = check(site.pooler.folder, "--server", elsewhere.dsn)
            assert codes(done) == ["AHU555", "AHU556"]
        finally:
            site.database.execute("drop database elsewhere")


@dataclass(frozen=True)
class Doors:
    """The server's pg_hba.conf and pg_ident.conf, to be changed and put back."""

    server: LocalServer

    @property
    def hba(self) -> Path:
        return self.server.data / "pg_hba.conf"

    @property
    def ident(self) -> Path:
        return self.server.data / "pg_ident.conf"

    def put_first(self, lines: str, *, reload: bool = True) -> None:
        self.hba.write_text(f"{lines}\n{self.hba.read_text()}")
        if reload:
            self.server.reload()


@pytest.fixture
def doors(pooled_server: LocalServer) -> Iterator[Doors]:
    doors = Doors(pooled_server)
    before = {path: path.read_text() for path in (doors.hba, doors.ident)}
    yield doors
    for path, text in before.items():
        path.write_text(text)
    pooled_server.reload()


def found_at_the_doors(folder: Path, server: LocalServer) -> tuple[set[str], str]:
    """Codes of findings about the server's files, and all that was said."""
    done = check(folder, "--server", server.dsn(DATABASE))
    assert not any(word in done.stdout + done.stderr for word in PASSWORDS.values())
    return {code for code in codes(done) if code > "AHU590"}, done.stdout


class TestTheServersDoors:
    @pytest.mark.parametrize("own", ["1.24"], indirect=True)
    @pytest.mark.parametrize(
        ("line", "expected", "said"),
        [
            ("local all all peer", "AHU591", "peer without a map"),
            ("local all ahu_pgbouncer scram-sha-256", "AHU591", "the userlist has none"),
            ("local all ahu_pgbouncer peer map=other", "AHU591", "has no line"),
            ("local all ahu_read peer map=ahu_pgbouncer", "AHU591", "has no line"),
            ("local all ahu_read password", "AHU591", "none in clear of its clients"),
            (f"local {DATABASE} +ahu_readers,ahu_read reject", "AHU591", "is reject"),
            ("local all ahu_pgbouncer trust", "AHU592", "without a password"),
            ("local all ahu_read trust", "AHU592", "without a password"),
            ("local all ahu_read md5", "AHU592", "as good as the password"),
            ("local sameuser,replication,other all reject", "", ""),
            ("hostssl all ahu_pgbouncer,ahu_read all reject", "", ""),
            ("host all ahu_pgbouncer,ahu_read all reject", "", ""),
            ("local all ahu_read scram-sha-256", "", ""),
        ],
    )
    def test_what_is_said_of_the_first_rule_is_what_happens(
        self, own: PoolerProcess, doors: Doors, line: str, expected: str, said: str
    ) -> None:
        # The tests themselves come in as before.
        doors.put_first(f"local all {getpass.getuser()},postgres trust\n{line}")
        found, text = found_at_the_doors(own.folder, doors.server)
        assert found == ({expected} if expected else set()), text
        assert said in text
        if expected:
            where = re.escape(str(doors.hba))
            assert re.search(rf"^{where}:2: {expected} .*\n    HINT: put server_", text, re.M)
        if expected == "AHU591":
            with pytest.raises(psycopg.OperationalError):
                own.connect("ahu_read", connect_timeout=5)
        else:
            own.connect("ahu_read", connect_timeout=5).close()

    @pytest.mark.parametrize("own", ["1.24"], indirect=True)
    def test_a_forgotten_ident_file_is_found(self, own: PoolerProcess, doors: Doors) -> None:
        doors.ident.write_text("")
        doors.server.reload()
        found, text = found_at_the_doors(own.folder, doors.server)
        assert found == {"AHU591"}
        assert "HINT: put server_ident.conf" in text

    def test_a_line_with_an_error_and_a_file_that_waits_are_found(
        self, poolers: dict[str, PooledSite], doors: Doors
    ) -> None:
        folder = poolers["1.24"].pooler.folder
        doors.put_first(f"local {DATABASE} ahu_read scram", reload=False)
        os.utime(doors.hba, (time.time() + 60,) * 2)
        found, text = found_at_the_doors(folder, doors.server)
        assert found == {"AHU593", "AHU594"}
        assert "pg_hba.conf:1: AHU593 the server cannot read this line: invalid authent" in text

    def test_who_may_read_one_of_the_two_files_is_told_of_the_other(
        self, poolers: dict[str, PooledSite], doors: Doors
    ) -> None:
        site = poolers["1.24"]
        doors.put_first("local all ahu_read reject")
        site.database.execute(
            """
            create role half login;
            grant select on pg_catalog.pg_hba_file_rules to half;
            grant execute on function pg_catalog.pg_hba_file_rules() to half;
            """
        )
        try:
            done = check(site.pooler.folder, "--server", site.server.dsn(DATABASE, "half"))
        finally:
            site.database.execute(
                """
                revoke all on pg_catalog.pg_hba_file_rules from half;
                revoke all on function pg_catalog.pg_hba_file_rules() from half;
                drop role half;
                """
            )
        assert codes(done) == ["AHU591"]
        assert "not looked at: which system users pg_ident.conf of the server" in done.stderr
        assert "role half may not read pg_ident_file_mappings, a superuser may" in done.stderr


class TestItsOwnPassword:
    def found(self, folder: Path, server: LocalServer) -> str:
        done = check(folder, "--server", server.dsn(DATABASE))
        assert not any(word in done.stdout + done.stderr for word in (*PASSWORDS.values(), "nix"))
        return "".join(re.findall(r"^.*AHU558.*\n.*\n", done.stdout, re.MULTILINE))

    def test_by_tcp_it_must_be_the_one_on_the_server(
        self, pooled_server: LocalServer, tmp_path: Path
    ) -> None:
        render_pooler(tmp_path, "1.24", pooled_server, 6432, DATABASE, "server_host=127.0.0.1")
        userlist = tmp_path / "userlist.txt"
        right = userlist.read_text()
        assert self.found(tmp_path, pooled_server) == ""
        for wrong, said in (
            (re.sub(r'(?m)^"ahu_pgbouncer" .*$', '"ahu_pgbouncer" "nix"', right), "is not the one"),
            (re.sub(r'(?m)^"ahu_pgbouncer" .*$', "", right), "has no password of ahu_pgbouncer"),
            (
                re.sub(
                    r'(?m)^"ahu_pgbouncer" .*$', '"ahu_pgbouncer" "SCRAM-SHA-256$4096:x"', right
                ),
                "has a SCRAM secret of ahu_pgbouncer",
            ),
        ):
            userlist.write_text(wrong)
            assert said in self.found(tmp_path, pooled_server)

    def test_a_role_without_one_on_the_server_is_found(
        self, pooled_server: LocalServer, tmp_path: Path
    ) -> None:
        render_pooler(tmp_path, "1.24", pooled_server, 6432, DATABASE, "server_host=127.0.0.1")
        database = Database(pooled_server, DATABASE)
        secret = database.scalar(
            "select rolpassword from pg_authid where rolname = 'ahu_pgbouncer'"
        )
        database.execute("alter role ahu_pgbouncer password null")
        try:
            said = self.found(tmp_path, pooled_server)
        finally:
            database.execute(f"alter role ahu_pgbouncer password '{secret}'")
        assert "role ahu_pgbouncer has no password on the server" in said
        assert "AHU_PGBOUNCER_PASSWORD_FILE=FILE ahu-sql install" in said


class TestBadInput:
    def test_what_is_no_configuration_is_one_error(self, tmp_path: Path) -> None:
        (tmp_path / "binary").write_bytes(bytes(range(256)))
        for name, reason in (
            ("", "no such file or directory"),
            ("nowhere", "no such file or directory"),
            ("binary", "it is no text file"),
        ):
            path = tmp_path / name
            ini = path / "pgbouncer.ini" if path.is_dir() else path
            assert_refused(
                check(path),
                exit_code=2,
                message=f'cannot read the configuration "{ini}"',
                detail=reason,
                hint="ahu-sql pgbouncer check /etc/pgbouncer",
            )

    def test_files_that_include_each_other_are_a_finding(self, tmp_path: Path) -> None:
        (tmp_path / "pgbouncer.ini").write_text("[pgbouncer]\n%include other.ini\n")
        (tmp_path / "other.ini").write_text("%include pgbouncer.ini\n")
        done = check(tmp_path)
        assert done.returncode == 1
        assert 'AHU503 "other.ini" cannot be included: it is nested more than 10' in done.stdout

    def test_neither_a_file_nor_a_console_is_an_error(self) -> None:
        assert_refused(
            check(),
            exit_code=2,
            message="there is nothing to check",
            detail="Neither",
            hint="ahu-sql pgbouncer check /etc/pgbouncer",
        )

    def test_a_version_that_is_none_is_an_error(self, tmp_path: Path) -> None:
        for version, message in (
            ("new", '"new" is no version of pgbouncer'),
            ("1.7", '--pooler-version must be 1.18 or later, not "1.7"'),
        ):
            done = check(tmp_path, "--pooler-version", version)
            assert_refused(done, exit_code=2, message=message, hint="--pooler-version 1.24")

    def test_a_code_is_explained_or_refused(self) -> None:
        done = check("--explain", "ahu521")
        assert done.returncode == 0
        assert done.stdout.startswith("AHU521: a client may wait")
        assert check("--explain", "521").stdout == done.stdout
        assert "Bad:\n\n[pgbouncer]\nquery_wait_timeout = 120\n\nGood:" in done.stdout
        assert_refused(
            check("--explain", "AHU999"),
            exit_code=2,
            message='there is no code "AHU999"',
            detail="\n  AHU501  a line is not pgbouncer's syntax\n  AHU502  ",
            hint="ahu-sql pgbouncer check --explain AHU501",
        )

    def test_a_server_or_an_alias_is_no_console(self, pooled: PooledSite) -> None:
        for dsn in (pooled.database.dsn, pooled.pooler.dsn("ahu_read")):
            assert_refused(
                check("--dsn", dsn),
                exit_code=2,
                message="this is not the console of a pgbouncer",
                detail="answers show version with",
                hint="dbname=pgbouncer",
            )

    def test_nobody_there_and_a_malformed_string_are_one_error_each(self, tmp_path: Path) -> None:
        (folder := tmp_path / "pgbouncer.ini").write_text("[pgbouncer]\n")
        nobody = f"host=127.0.0.1 port={free_port()} password=geheim"
        for arguments in (("--dsn", nobody), (folder, "--server", nobody)):
            done = check(*arguments)
            named = str(arguments[-2])
            assert_refused(done, exit_code=2, message="cannot connect to the server", hint=named)
            assert "geheim" not in done.stderr
        for arguments in (("--dsn", "host"), (folder, "--server", "host")):
            assert_refused(
                check(*arguments),
                exit_code=2,
                message="the connection string is malformed",
                hint=str(arguments[-2]),
            )

    def test_the_console_is_no_server(self, pooled: PooledSite) -> None:
        done = check(pooled.pooler.folder, "--server", pooled.pooler.console_dsn)
        assert_refused(
            done,
            exit_code=2,
            message="--server leads to pgbouncer's console, and to no database",
            detail="--dsn is for the console",
            hint="Name the database behind pgbouncer with --server",
        )

    def test_a_file_without_a_section_is_one_error(self, pooled: PooledSite) -> None:
        for name in ("userlist.txt", "pgbouncer_hba.conf"):
            path = pooled.pooler.folder / name
            assert_refused(
                check(path),
                exit_code=2,
                message=f'"{path}" is no configuration of pgbouncer',
                detail="no section",
                hint=f"ahu-sql pgbouncer check {pooled.pooler.folder}",
            )

    def test_who_may_not_look_at_the_console_is_told_so(self, pooled: PooledSite) -> None:
        done = check("--dsn", pooled.pooler.dsn("pgbouncer", "ahu_read"))
        assert_refused(
            done, exit_code=2, message="cannot connect to the server", hint="stats_users"
        )


@pytest.mark.parametrize("method", ["scram-sha-256", "md5", "password", "trust"])
def test_what_is_said_of_other_methods_than_scram_is_what_happens(
    own: PoolerProcess, method: str
) -> None:
    line = r"^(host +ahu_read .*0\.0\.0\.0/0 +)\S+$"
    edit(own.folder / "pgbouncer_hba.conf", line, rf"\1{method}")
    own.kill()
    own.start()
    said = check(own.folder).stdout
    assert ("AHU541" in said) is (method != "scram-sha-256")
    if "cannot log in to the server" in said:
        with pytest.raises(psycopg.OperationalError, match="server login failed"):
            own.connect("ahu_read", connect_timeout=5)
    else:
        own.connect("ahu_read", connect_timeout=5).close()
