"""`ahu-sql pgbouncer render` writes the pooler's files, and asks no server for anything."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cli.asking import Done
from cli.refusal import assert_refused
from product import ahu_sql

SOCKET_NAMES = (
    *("pgbouncer.ini", "pgbouncer_hba.conf", "userlist.txt", "server_hba.conf"),
    "server_ident.conf",
)
TCP_NAMES = (
    *(".gitignore", "pgbouncer.ini", "pgbouncer_hba.conf", "userlist.txt", "server_hba.conf"),
    "docker-compose.yml",
)
BY_TCP = ("--set", "pgbouncer.server_host=db.plant")
PASSWORD = 'door"keeper 독자'
FOR_1_24 = "the files are for pgbouncer 1.24\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


@pytest.fixture(autouse=True)
def elsewhere(folder: Path) -> None:
    folder.mkdir()


def render(
    folder: Path, *options: str, out: str = "pooler", environment: dict[str, str] | None = None
) -> Done:
    """In a folder without ahu-sql.toml, unless the test has put one there."""
    # without a pgbouncer of this machine, unless the test has put one there
    where = {"PATH": str(folder / "bin")} | (environment or {})
    done = ahu_sql(
        *("pgbouncer", "render", "--out", out, *options), folder=folder, environment=where
    )
    assert "keeper" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def by_tcp(folder: Path, *options: str, **environment: str) -> Done:
    return render(
        folder, *BY_TCP, *options, environment=environment or {"AHU_PGBOUNCER_PASSWORD": PASSWORD}
    )


def lines(action: str, names: tuple[str, ...]) -> str:
    return "".join(f"{action:<9} pooler/{name}\n" for name in names)


class TestByTheSocket:
    def test_it_writes_the_files_and_names_them(self, folder: Path) -> None:
        done = render(folder)
        assert (done.returncode, done.stdout) == (0, lines("written", SOCKET_NAMES))
        assert done.stderr == FOR_1_24
        assert {path.name for path in (folder / "pooler").iterdir()} == set(SOCKET_NAMES)

    def test_again_nothing_is_written(self, folder: Path) -> None:
        render(folder)
        before = {path: path.stat().st_mtime_ns for path in (folder / "pooler").iterdir()}
        done = render(folder)
        assert (done.returncode, done.stdout) == (0, lines("unchanged", SOCKET_NAMES))
        after = {path: path.stat().st_mtime_ns for path in (folder / "pooler").iterdir()}
        assert after == before

    def test_a_password_that_is_at_hand_stands_nowhere(self, folder: Path) -> None:
        render(folder, environment={"AHU_PGBOUNCER_PASSWORD": PASSWORD})
        for path in (folder / "pooler").iterdir():
            assert "keeper" not in path.read_text("utf-8")


class TestByTcp:
    def test_the_password_comes_from_the_environment(self, folder: Path) -> None:
        done = by_tcp(folder)
        assert (done.returncode, done.stderr) == (0, FOR_1_24)
        assert done.stdout == lines("written", TCP_NAMES)
        holders = {
            p.name for p in (folder / "pooler").iterdir() if "keeper" in p.read_text("utf-8")
        }
        assert holders == {"userlist.txt"}
        userlist = folder / "pooler" / "userlist.txt"
        assert '\n"ahu_pgbouncer" "door""keeper 독자"\n' in userlist.read_text("utf-8")
        assert stat.S_IMODE(userlist.stat().st_mode) == 0o600

    def test_or_from_a_file(self, folder: Path) -> None:
        (folder / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        done = by_tcp(folder, AHU_PGBOUNCER_PASSWORD_FILE="password")
        assert done.returncode == 0, done.stderr
        userlist = (folder / "pooler" / "userlist.txt").read_text("utf-8")
        assert '\n"ahu_pgbouncer" "door""keeper 독자"\n' in userlist

    def test_without_one_nothing_is_written(self, folder: Path) -> None:
        for host in ("db.plant", "10.0.0.1"):
            done = render(folder, "--set", f"pgbouncer.server_host={host}")
            assert_refused(
                done,
                exit_code=2,
                message="pgbouncer has no password for the server",
                detail=f"By TCP it reaches pgbouncer.server_host ({host}), and role ahu_pgbouncer",
                hint="Set AHU_PGBOUNCER_PASSWORD_FILE or AHU_PGBOUNCER_PASSWORD, for ahu-sql "
                "install too; or do without TCP: --set "
                "pgbouncer.server_host=/var/run/postgresql",
            )
            assert not (folder / "pooler").exists()

    def test_it_is_the_standby_that_needs_one_where_the_server_does_not(self, folder: Path) -> None:
        done = render(folder, "--set", "pgbouncer.read_hosts=s1,s2")
        assert_refused(
            done,
            exit_code=2,
            message="pgbouncer has no password for the server",
            detail="By TCP it reaches pgbouncer.read_hosts (s1, s2), and role ahu_pgbouncer",
            hint="--set pgbouncer.read_hosts=",
        )

    def test_both_are_named_where_both_need_one(self, folder: Path) -> None:
        done = render(folder, *BY_TCP, "--set", "pgbouncer.read_hosts=s1")
        both = "pgbouncer.server_host (db.plant) and pgbouncer.read_hosts (s1), and role"
        assert both in done.stderr

    def test_those_of_the_other_roles_are_not_its_own(self, folder: Path) -> None:
        environment = {"AHU_READ_PASSWORD": PASSWORD, "AHU_WRITE_PASSWORD": PASSWORD}
        done = render(folder, *BY_TCP, environment=environment)
        assert done.returncode == 2 and "pgbouncer has no password" in done.stderr

    @pytest.mark.parametrize(
        ("environment", "message"),
        [
            (
                {"AHU_PGBOUNCER_PASSWORD": ""},
                "the password of role ahu_pgbouncer is empty, has control characters or is not "
                "UTF-8",
            ),
            (
                {"AHU_PGBOUNCER_PASSWORD": "a\nb"},
                "the password of role ahu_pgbouncer is empty, has control characters or is not "
                "UTF-8",
            ),
            (
                {"AHU_PGBOUNCER_PASSWORD": "a\udcffb"},
                "the password of role ahu_pgbouncer is empty, has control characters or is not "
                "UTF-8",
            ),
            (
                {"AHU_PGBOUNCER_PASSWORD": "a", "AHU_PGBOUNCER_PASSWORD_FILE": "b"},
                "role ahu_pgbouncer has two passwords",
            ),
            (
                {"AHU_PGBOUNCER_PASSWORD_FILE": "missing"},
                'cannot read the password file "missing"',
            ),
        ],
    )
    def test_a_wrong_one_is_refused_and_nothing_is_written(
        self, folder: Path, environment: dict[str, str], message: str
    ) -> None:
        done = by_tcp(folder, **environment)
        assert_refused(done, exit_code=2, message=message)
        assert not (folder / "pooler").exists()


class TestWithoutAContainer:
    """What is said of a docker-compose.yml that is not there, and when."""

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
    def test_a_server_on_this_machine_is_another_one_for_a_container(
        self, folder: Path, host: str
    ) -> None:
        done = by_tcp(folder, "--set", f"pgbouncer.server_host={host}")
        assert done.returncode == 0
        assert "docker-compose.yml" not in done.stdout
        assert done.stderr == (
            f"docker-compose.yml is left out: in a container {host} is the container itself (for a "
            "server on this machine: --set pgbouncer.server_host=host.docker.internal --set "
            "pgbouncer.address=samenet)\n" + FOR_1_24
        )

    def test_debian_does_not_have_every_version(self, folder: Path) -> None:
        by_tcp(folder)
        done = by_tcp(folder, "--set", "pgbouncer.version=1.21")
        assert "removed   pooler/docker-compose.yml\n" in done.stdout
        assert done.stderr == (
            "docker-compose.yml is left out: Debian has pgbouncer 1.18 (bookworm) and 1.24 "
            "(trixie), not 1.21 (for a container: --set pgbouncer.version=1.24)\n"
            "the files are for pgbouncer 1.21\n"
        )

    def test_who_names_a_network_of_docker_wants_one(self, folder: Path) -> None:
        done = render(folder, "--set", "pgbouncer.docker_network=site")
        assert done.stderr.startswith(
            "docker-compose.yml is left out: a container reaches a server by TCP (--set "
            "pgbouncer.server_host=HOST)\n"
        )

    def test_help_says_when_there_is_one(self, folder: Path) -> None:
        done = ahu_sql("pgbouncer", "render", "--help", folder=folder)
        assert "docker-compose.yml" in done.stdout and "pgbouncer.server_host=HOST" in done.stdout

    def test_the_commands_are_not_cut_short_in_the_list(self, folder: Path) -> None:
        done = ahu_sql("pgbouncer", "--help", folder=folder)
        assert "Write the pooler's files into a folder." in done.stdout
        listed = done.stdout.partition("Commands:")[2]
        assert "check " in listed and "..." not in listed


class TestTheVersionOfThisMachine:
    @pytest.mark.parametrize(
        ("says", "more"),
        [
            ("PgBouncer 1.18.0\nlibevent 2.1.12-stable", ", and {} is 1.18; for that: --set "),
            ("PgBouncer 1.24.9", ""),
            ("PgBouncer 1.17.0", ""),
            ("nonsense", ""),
        ],
    )
    def test_is_named_where_it_is_another(self, folder: Path, says: str, more: str) -> None:
        program = folder / "bin" / "pgbouncer"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{says}'\n")
        program.chmod(0o755)
        done = render(folder)
        last = "the files are for pgbouncer 1.24" + more.format(program)
        assert done.stderr == last + ("pgbouncer.version=1.18\n" if more else "\n")

    def test_is_left_alone_where_it_does_not_run(self, folder: Path) -> None:
        program = folder / "bin" / "pgbouncer"
        program.parent.mkdir()
        program.write_text("no program")
        program.chmod(0o755)
        assert render(folder).stderr == FOR_1_24


class TestTheFolder:
    def test_a_file_of_somebody_else_s_is_never_overwritten(self, folder: Path) -> None:
        (folder / "pooler").mkdir()
        (folder / "pooler" / "pgbouncer_hba.conf").write_text("mine\n")
        done = render(folder)
        assert_refused(
            done,
            exit_code=2,
            message="pooler/pgbouncer_hba.conf is not a file that ahu-sql wrote, nothing was "
            "written",
            detail="written by somebody else, or edited since",
            hint="--out",
        )
        assert [path.name for path in (folder / "pooler").iterdir()] == ["pgbouncer_hba.conf"]
        assert (folder / "pooler" / "pgbouncer_hba.conf").read_text() == "mine\n"

    def test_nor_is_one_of_ours_that_was_edited(self, folder: Path) -> None:
        render(folder)
        ini = folder / "pooler" / "pgbouncer.ini"
        ini.write_text(ini.read_text().replace("max_client_conn = 200", "max_client_conn = 500"))
        done = render(folder, "--set", "pgbouncer.listen_port=7000")
        assert done.returncode == 2
        assert "max_client_conn = 500" in ini.read_text() and "7000" not in ini.read_text()

    def test_other_settings_change_what_they_change_and_take_away_what_is_not_needed(
        self, folder: Path
    ) -> None:
        by_tcp(folder)
        done = render(folder)
        said = dict(line.split()[::-1] for line in done.stdout.splitlines())
        assert said["pooler/docker-compose.yml"] == said["pooler/.gitignore"] == "removed"
        assert said["pooler/server_ident.conf"] == said["pooler/userlist.txt"] == "written"
        assert said["pooler/pgbouncer_hba.conf"] == "unchanged"
        assert {path.name for path in (folder / "pooler").iterdir()} == set(SOCKET_NAMES)

    def test_a_file_that_is_included_is_never_touched(self, folder: Path) -> None:
        own = folder / "pooler" / "site.ini"
        own.parent.mkdir()
        own.write_text("server_tls_sslmode = verify-full\n")
        before = own.stat()
        for include in (str(own), "", str(own)):
            done = render(folder, "--set", f"pgbouncer.include={include}")
            assert done.returncode == 0, done.stderr
            assert "site.ini" not in done.stdout
            said = f"%include {own}\n" in (own.parent / "pgbouncer.ini").read_text()
            assert said is bool(include)
        assert own.stat() == before or own.stat().st_mtime_ns == before.st_mtime_ns
        assert own.read_text() == "server_tls_sslmode = verify-full\n"

    def test_it_may_be_deep_and_have_any_name(self, folder: Path) -> None:
        done = render(folder, out="some where/설정/pooler")
        assert done.returncode == 0, done.stderr
        assert (folder / "some where" / "설정" / "pooler" / "pgbouncer.ini").is_file()

    def test_a_file_is_none(self, folder: Path) -> None:
        (folder / "file").write_text("mine\n")
        done = render(folder, out="file")
        assert_refused(
            done,
            exit_code=2,
            message='cannot write to the folder "file"',
            detail="File exists",
            hint="ahu-sql pgbouncer render --out DIR",
        )
        assert (folder / "file").read_text() == "mine\n"

    def test_it_must_be_named(self, folder: Path) -> None:
        done = ahu_sql("pgbouncer", "render", folder=folder)
        assert done.returncode == 2
        assert "'--out'" in done.stderr
        assert list(folder.iterdir()) == []


class TestSettings:
    def ini(self, folder: Path) -> str:
        return (folder / "pooler" / "pgbouncer.ini").read_text()

    def test_come_from_the_file_the_environment_and_flags(self, folder: Path) -> None:
        (folder / "ahu-sql.toml").write_text(
            '[pgbouncer]\nversion = "1.18"\nlisten_port = 7001\nread_pool_size = 31\n'
        )
        environment = {"AHU_SQL_PGBOUNCER_LISTEN_PORT": "7002"}
        render(folder, "--set", "pgbouncer.read_pool_size=32", environment=environment)
        text = self.ini(folder)
        assert "; pgbouncer 1.18 in front of PostgreSQL" in text
        assert "listen_port = 7002" in text and "pool_size=32" in text

    def test_a_file_may_be_named(self, folder: Path) -> None:
        (folder / "plant.toml").write_text("[pgbouncer]\nlisten_port = 7003\n")
        render(folder, "--config", "plant.toml")
        assert "listen_port = 7003" in self.ini(folder)

    def test_that_are_wrong_are_refused_before_anything_is_written(self, folder: Path) -> None:
        done = render(folder, "--set", "pgbouncer.version=1.17", "--set", "pgbouncer.strict=yes")
        assert_refused(
            done,
            exit_code=2,
            message="the settings are wrong",
            detail=(
                '"pgbouncer.version" must be 1.18 or later, not "1.17"',
                "\"pgbouncer.strict\" must be true or false, not 'yes'",
            ),
        )
        assert not (folder / "pooler").exists()

    def test_what_a_version_lacks_is_left_out_and_said(self, folder: Path) -> None:
        render(folder, "--set", "pgbouncer.version=1.18")
        assert "; max_prepared_statements is left out, it came with 1.21: " in self.ini(folder)
        assert "\nmax_prepared_statements =" not in self.ini(folder)
        render(folder, "--set", "pgbouncer.version=1.24")
        assert "\nmax_prepared_statements = 200\n" in self.ini(folder)
