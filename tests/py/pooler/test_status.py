"""`ahu-sql status` with the pools of real poolers of each version beside the rollups' freshness."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ahu_sql.demo.processes import free_port
from ahu_sql.demo.server import LocalServer
from cli.refusal import assert_refused
from databases import Database
from pooler.conftest import VERSIONS
from pooler.site import DATABASE, PooledSite
from product import ahu_sql
from servers.pooler import PoolerProcess, start_pooler

HEADINGS = "alias      clients  waiting  longest_wait_s  servers_active  servers_idle  places"


def status(
    database: Database, *consoles: str, options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    given = [word for console in consoles for word in ("--pgbouncer", console)]
    done = ahu_sql("status", "--dsn", database.dsn, *given, *options)
    assert "Traceback" not in done.stderr
    return done


def numbers(done: subprocess.CompletedProcess[str], alias: str) -> list[str]:
    """An alias's line of the table, from clients to places."""
    (line,) = re.findall(rf"^{alias} +(.+)$", done.stdout, re.MULTILINE)
    return str(line).split()


def data(done: subprocess.CompletedProcess[str]) -> Any:
    """The object that is all of stdout."""
    return json.loads(done.stdout)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def row(pooler: PoolerProcess, alias: str, user: str) -> dict[str, Any]:
    rows = [r for r in pooler.show("pools") if (r["database"], r["user"]) == (alias, user)]
    return rows[0] if rows else {}


@contextmanager
def somebody_waits(pooler: PoolerProcess, alias: str, *, login: bool = False) -> Iterator[None]:
    """A client that gets no server, until the pooler is killed at the end of the block.

    login: it waits for the look-up of its password already.
    """

    def knock() -> None:
        with suppress(psycopg.Error), pooler.connect(alias) as client:
            client.execute("select 1")

    thread = threading.Thread(target=knock)
    thread.start()
    try:
        user = "ahu_pgbouncer" if login else alias
        wait_until(lambda: row(pooler, alias, user).get("cl_waiting", 0) == 1)
        yield
    finally:
        pooler.kill()
        thread.join()


@pytest.fixture
def plant(pooled_server: LocalServer) -> Database:
    return Database(pooled_server, DATABASE)


@pytest.fixture(params=VERSIONS)
def own(request: pytest.FixtureRequest, pooled_server: LocalServer) -> Iterator[PoolerProcess]:
    """A pooler that a test may change."""
    with start_pooler(pooled_server, request.param, DATABASE) as pooler:
        yield pooler


@pytest.fixture(params=VERSIONS)
def small(request: pytest.FixtureRequest, pooled_server: LocalServer) -> Iterator[PoolerProcess]:
    """With one place for readers, and few for clients."""
    settings = ("read_pool_size=1", "reserve_pool_size=0", "max_client_conn=10")
    limit = "write_client_conn=7"
    with start_pooler(pooled_server, request.param, DATABASE, *settings, limit) as pooler:
        yield pooler


class TestHealthy:
    def test_pools_stand_below_the_refreshes_and_the_exit_code_is_0(
        self, pooled: PooledSite
    ) -> None:
        with pooled.pooler.connect("ahu_write") as client:
            client.execute("begin")
            done = status(pooled.database, pooled.pooler.console_dsn)
        assert (done.returncode, done.stderr) == (0, "")
        plain = status(pooled.database).stdout
        assert plain.startswith("view ") and done.stdout.startswith(plain + "\npgbouncer ")
        title = re.search(r"^pgbouncer (\S+) at (\S+), (\d+) of 200 clients$", done.stdout, re.M)
        assert title and title[1].startswith(pooled.version)
        assert title[2] == f"{pooled.pooler.folder}:{pooled.pooler.port}"
        assert int(title[3]) >= 2
        assert f"\n{HEADINGS}\n" in done.stdout
        assert numbers(done, "ahu_read")[1::4] == ["0", "25"]
        write = numbers(done, "ahu_write")
        assert write[:4] == ["1", "0", "0.000", "1"] and write[-1] == "10"

    def test_json_has_the_same(self, pooled: PooledSite) -> None:
        place = f"{pooled.pooler.folder}:{pooled.pooler.port}"
        with pooled.pooler.connect("ahu_read") as client:
            client.execute("begin")
            done = status(pooled.database, pooled.pooler.console_dsn, options=("--json",))
        assert (done.returncode, done.stderr) == (0, "")
        known = data(done)
        assert known["database"] == DATABASE and known["concerns"] == []
        (pooler,) = known["poolers"]
        assert pooler["version"].startswith(pooled.version)
        assert (pooler["place"], pooler["max_clients"]) == (place, 200)
        assert pooler["is_paused"] is (None if pooled.version == "1.18" else False)
        read, write = known["pools"]
        assert (read["alias"], write["alias"]) == ("ahu_read", "ahu_write")
        assert read == read | {
            "place": place,
            "clients": 1,
            "max_clients": None if pooled.version == "1.18" else 180,
            "waiting": 0,
            "logins_waiting": 0,
            "longest_wait_s": 0,
            "servers_active": 1,
            "servers_opening": 0,
            "pool_size": 20,
            "reserve_pool_size": 5,
            "is_paused": False,
            "is_disabled": False,
        }
        assert read["look_up_servers"] >= 1
        assert set(read) == set(write)

    def test_nothing_is_asked_that_the_version_does_not_know(
        self, own: PoolerProcess, plant: Database
    ) -> None:
        assert status(plant, own.console_dsn).returncode == 0
        log = own.log.read_text()
        assert "invalid command" not in log and "WARNING" not in log

    def test_two_poolers_are_two_tables(self, poolers: dict[str, PooledSite]) -> None:
        sites = [poolers[version] for version in VERSIONS]
        consoles = [site.pooler.console_dsn for site in sites]
        # the first named twice is one
        done = status(sites[0].database, *consoles, consoles[0])
        assert done.returncode == 0
        assert done.stdout.count(HEADINGS) == 2
        for site in sites:
            assert done.stdout.count(f" at {site.pooler.folder}:{site.pooler.port}, ") == 1
        places = {
            pool["place"]
            for pool in data(status(sites[0].database, *consoles, options=("--json",)))["pools"]
        }
        assert len(places) == 2

    def test_what_refused_logins_leave_behind_is_not_shown(
        self, own: PoolerProcess, plant: Database
    ) -> None:
        for user in ("ahu_write", "eve"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(own.dsn("ahu_read", user))
        assert {"ahu_write"} <= {
            r["user"] for r in own.show("pools") if r["database"] == "ahu_read"
        }
        done = status(plant, own.console_dsn)
        assert done.returncode == 0
        assert numbers(done, "ahu_read")[:2] == ["0", "0"]


class TestWrong:
    def test_a_pool_whose_only_place_is_taken_while_another_waits(
        self, small: PoolerProcess, plant: Database
    ) -> None:
        busy = small.connect("ahu_read")
        busy.execute("begin")
        with somebody_waits(small, "ahu_read"):
            wait_until(lambda: row(small, "ahu_read", "ahu_read")["maxwait"] >= 1)
            done = status(plant, small.console_dsn)
            known = data(status(plant, small.console_dsn, options=("--json",)))
        busy.close()
        assert done.returncode == 1
        clients, waiting, longest, active, idle, places = numbers(done, "ahu_read")
        assert (clients, waiting, active, idle, places) == ("2", "1", "1", "0", "1")
        assert float(longest) >= 1
        assert done.stderr.startswith("pools: ahu_read at ") and done.stderr.count("\n") == 1
        assert f"1 client waits, the longest for {longest} s, and its only place" in done.stderr
        assert "raise pgbouncer.read_pool_size" in done.stderr
        (concern,) = known["concerns"]
        assert concern["code"] == "pools" and "its only place is taken" in concern["text"]
        assert known["pools"][0]["longest_wait_s"] >= 1

    @pytest.mark.parametrize(
        ("begin", "end", "what"),
        [
            ("pause ahu_read", "resume ahu_read", "is paused, nobody waits"),
            ("disable ahu_read", "enable ahu_read", "is disabled, nobody gets in"),
        ],
    )
    def test_an_alias_at_rest_until_what_is_said_was_typed(
        self, own: PoolerProcess, plant: Database, begin: str, end: str, what: str
    ) -> None:
        binaries = plant.server.binaries
        own.command(binaries, begin)
        done = status(plant, own.console_dsn)
        assert done.returncode == 1
        assert done.stderr == (
            f"pools: ahu_read at {own.folder}:{own.port} {what}; type on the console: {end}\n"
        )
        own.command(binaries, end)
        assert status(plant, own.console_dsn).returncode == 0

    def test_a_pause_of_everything_as_soon_as_it_is_to_be_seen(
        self, own: PoolerProcess, plant: Database
    ) -> None:
        own.command(plant.server.binaries, "pause")
        done = status(plant, own.console_dsn)
        if own.version == "1.18":  # which does not tell, until somebody waits
            assert done.returncode == 0
        else:
            assert done.returncode == 1 and "is paused, nobody waits; type" in done.stderr
        with somebody_waits(own, "ahu_read", login=True):
            done = status(plant, own.console_dsn)
        assert done.returncode == 1
        assert "1 client waits" in done.stderr and "type on its console: resume\n" in done.stderr
        assert done.stderr.count("\n") == 1

    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_server_that_only_the_pooler_cannot_reach(
        self, pooled_server: LocalServer, plant: Database, version: str
    ) -> None:
        elsewhere = f"server_port={free_port()}"
        with (
            start_pooler(pooled_server, version, DATABASE, elsewhere) as pooler,
            somebody_waits(pooler, "ahu_read", login=True),
        ):
            known: Any = {}

            def is_long() -> bool:
                known.update(data(status(plant, pooler.console_dsn, options=("--json",))))
                return bool(known["pools"][0]["longest_wait_s"] >= 1)

            # of logins SHOW POOLS tells no time
            wait_until(is_long)
            assert row(pooler, "ahu_read", "ahu_pgbouncer")["maxwait"] == 0
        (concern,) = known["concerns"]
        assert concern["code"] == "pools"
        assert "there is no connection to the server; see whether" in concern["text"]
        read = known["pools"][0]
        assert (read["clients"], read["waiting"], read["logins_waiting"]) == (1, 1, 1)
        assert known["freshness"][0]["is_stale"] is False

    def test_places_for_clients_that_are_nearly_used_up(
        self, small: PoolerProcess, plant: Database
    ) -> None:
        with small.connect("ahu_read"), small.connect("ahu_read"):
            assert status(plant, small.console_dsn).returncode == 0
            with small.connect("ahu_read"):
                done = status(plant, small.console_dsn)
            said = f"3 of the 3 places for clients of ahu_read at {small.folder}:{small.port} are"
            assert (said in done.stderr) is (small.version != "1.18")
            writers = [small.connect("ahu_write") for _ in range(6)]
            # and the console is the ninth of 10
            done = status(plant, small.console_dsn)
            for writer in writers:
                writer.close()
        assert done.returncode == 1
        assert f"9 of the 10 places for clients of pgbouncer at {small.folder}" in done.stderr

    def test_an_alias_that_is_not_there(self, own: PoolerProcess, plant: Database) -> None:
        ini = own.folder / "pgbouncer.ini"
        text, times = re.subn(r"^ahu_write = .*$", "", ini.read_text(), flags=re.MULTILINE)
        assert times == 1
        ini.write_text(text)
        own.kill()
        own.start()
        done = status(plant, own.console_dsn)
        assert done.returncode == 1
        assert "has no alias ahu_write, nobody gets in there; write its files anew" in done.stderr
        assert numbers(done, "ahu_read") and "\nahu_write" not in done.stdout


class TestUnreachable:
    def test_a_pooler_that_is_down_hides_nothing_else(
        self, own: PoolerProcess, poolers: dict[str, PooledSite], plant: Database
    ) -> None:
        own.kill()
        other = poolers["1.24"].pooler
        done = status(plant, own.console_dsn, other.console_dsn)
        assert done.returncode == 1
        assert done.stdout.startswith(status(plant).stdout)
        assert f" at {other.folder}:{other.port}, " in done.stdout
        assert done.stderr.startswith(
            f"pooler: pgbouncer at {own.folder}:{own.port} does not tell its state (cannot connect"
        )
        assert done.stderr.count("\n") == 1 and "Connection refused" in done.stderr
        assert "start it, or name its console with --pgbouncer 'host=" in done.stderr
        assert "--dsn" not in done.stderr
        known = data(status(plant, own.console_dsn, options=("--json",)))
        assert (known["poolers"], known["pools"]) == ([], [])
        assert [concern["code"] for concern in known["concerns"]] == ["pooler"]

    def test_one_that_hangs_is_given_up(self, own: PoolerProcess, plant: Database) -> None:
        assert own.pid
        os.kill(own.pid, signal.SIGSTOP)
        try:
            done = status(plant, own.console_dsn + " connect_timeout=2")
        finally:
            os.kill(own.pid, signal.SIGCONT)
        assert done.returncode == 1
        assert done.stderr.startswith("pooler: ") and "timeout" in done.stderr

    def test_what_is_no_console_is_no_pooler(self, pooled: PooledSite) -> None:
        for dsn, reason in (
            (pooled.database.dsn, "this is not the console of a pgbouncer"),
            (pooled.pooler.dsn("ahu_read"), "this is not the console of a pgbouncer"),
            (pooled.pooler.dsn("pgbouncer", "ahu_read", "geheim"), "cannot connect to the server"),
        ):
            done = status(pooled.database, dsn)
            assert done.returncode == 1
            assert done.stdout == status(pooled.database).stdout
            assert done.stderr.startswith("pooler: pgbouncer at 127.0.0.1:")
            assert f"({reason}: " in done.stderr and done.stderr.count("\n") == 1
            assert "geheim" not in done.stderr

    def test_a_malformed_string_is_an_error_before_anything_is_asked(self) -> None:
        done = ahu_sql("status", "--dsn", "host=127.0.0.1 port=1", "--pgbouncer", "nonsense")
        assert_refused(
            done,
            exit_code=2,
            message="the connection string of a pooler's console is malformed",
            hint="--pgbouncer 'host=",
        )

    def test_without_the_database_the_pools_are_shown_before_its_error(
        self, pooled: PooledSite
    ) -> None:
        closed = f"host=127.0.0.1 port={free_port()}"
        asked = ("status", "--dsn", closed, "--pgbouncer", pooled.pooler.console_dsn)
        done = ahu_sql(*asked)
        assert done.returncode == 2
        assert done.stdout.startswith("pgbouncer ") and numbers(done, "ahu_read")
        assert done.stderr.startswith("error: cannot connect to the server\nDETAIL: ")
        done = ahu_sql(*asked, "--json")
        assert done.returncode == 2
        known = data(done)
        assert known["database"] is known["freshness"] is known["runs"] is known["job"] is None
        assert [pool["alias"] for pool in known["pools"]] == ["ahu_read", "ahu_write"]
        assert [concern["code"] for concern in known["concerns"]] == ["database"]
        assert "Connection refused" in known["concerns"][0]["text"]

    def test_without_either_there_is_the_concern_and_the_error(self) -> None:
        closed = f"host=127.0.0.1 port={free_port()}"
        done = ahu_sql("status", "--dsn", closed, "--pgbouncer", closed)
        assert (done.returncode, done.stdout) == (2, "")
        first, second, *_ = done.stderr.splitlines()
        assert first.startswith("pooler: ") and second == "error: cannot connect to the server"


class TestSetting:
    @pytest.fixture
    def console(self, poolers: dict[str, PooledSite]) -> str:
        """In a form that every kind of setting takes."""
        pooler = poolers["1.24"].pooler
        return f"host={pooler.folder} port={pooler.port} user={getpass.getuser()}"

    def test_variable_flag_and_file_name_the_consoles(
        self, console: str, plant: Database, tmp_path: Path
    ) -> None:
        asked = ("status", "--dsn", plant.dsn)
        folder = tmp_path / "with a file"
        folder.mkdir()
        (folder / "ahu-sql.toml").write_text(f'[pgbouncer]\nconsole = ["{console}"]\n')
        for done in (
            ahu_sql(*asked, folder=tmp_path, environment={"AHU_SQL_PGBOUNCER_CONSOLE": console}),
            ahu_sql(*asked, "--set", f"pgbouncer.console={console}", folder=tmp_path),
            ahu_sql(*asked, folder=folder),
            ahu_sql(*asked, "--config", str(folder / "ahu-sql.toml"), folder=tmp_path),
        ):
            assert (done.returncode, done.stderr) == (0, "")
            assert HEADINGS in done.stdout
        assert HEADINGS not in ahu_sql(*asked, folder=tmp_path).stdout
        shutil.rmtree(folder)

    def test_the_option_is_asked_instead_of_the_setting(
        self, console: str, plant: Database
    ) -> None:
        closed = f"host=127.0.0.1 port={free_port()}"
        setting = ("--set", f"pgbouncer.console={closed}")
        assert status(plant, options=setting).returncode == 1
        done = status(plant, console, options=setting)
        assert (done.returncode, done.stderr) == (0, "")
