"""As whom one comes to the console of real poolers where nobody is named, and who is let in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from ahu_sql.demo.account import server_account
from ahu_sql.demo.server import LocalServer
from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.console import NotAdmittedError, connect_console
from cli.refusal import assert_refused
from databases import Database
from pooler.conftest import VERSIONS
from pooler.site import DATABASE, PooledSite
from product import ahu_sql
from servers.pooler import PoolerProcess, start_pooler


@pytest.fixture(autouse=True)
def nobody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGUSER", "PGSERVICE", "PGHOST", "PGHOSTADDR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=VERSIONS)
def closed(request: pytest.FixtureRequest, pooled_server: LocalServer) -> Iterator[PoolerProcess]:
    """A pooler at whose console we are nobody, where we are not its own system user."""
    if server_account() is None:
        pytest.skip("the pooler's own system user runs the tests, who is always let in")
    with _Unwatched(pooled_server, request.param) as pooler:
        yield pooler


class _Unwatched:
    """A running pooler without us among stats_users: ready when its own user gets in."""

    def __init__(self, server: LocalServer, version: str) -> None:
        self._pooler = start_pooler(server, version, DATABASE)

    def __enter__(self) -> PoolerProcess:
        pooler = self._pooler
        ini = pooler.folder / "pgbouncer.ini"
        text, times = re.subn(r"^stats_users = .*$", "stats_users =", ini.read_text(), flags=re.M)
        assert times == 1
        ini.write_text(text)
        hba = pooler.folder / "pgbouncer_hba.conf"
        kept = [line for line in hba.read_text().splitlines() if "pgbouncer  " not in line]
        hba.write_text("\n".join(kept) + "\n")
        pooler.reload()
        for _ in range(400):
            try:
                pooler.show("version")
            except psycopg.OperationalError:
                return pooler
        pooler.stop()
        raise RuntimeError("pgbouncer still lets us in")

    def __exit__(self, *_: object) -> None:
        self._pooler.stop()


@contextmanager
def as_the_pooler_s_user() -> Iterator[None]:
    """What runs in the block is done by the system user that runs the pooler."""
    account = server_account()
    if account is None:
        yield
        return
    before = os.geteuid()
    os.seteuid(account.uid)
    try:
        yield
    finally:
        os.seteuid(before)


def user_at(pooler: PoolerProcess, port: str | None = None) -> str:
    """As whom the console knows who names nobody."""
    with connect_console(f"host={pooler.folder} port={port or pooler.port}") as console:
        return console.info.user


class TestWithoutAUser:
    def test_check_and_status_get_in_for_whoever_may_look(self, pooled: PooledSite) -> None:
        where = f"host={pooled.pooler.folder} port={pooled.pooler.port}"
        done = ahu_sql("pgbouncer", "check", "--dsn", where)
        assert done.returncode == 0, done.stderr
        done = ahu_sql("status", "--dsn", pooled.database.dsn, "--pgbouncer", where)
        assert (done.returncode, done.stderr) == (0, "")
        assert "\nahu_read " in done.stdout

    def test_the_pooler_s_own_system_user_is_its_own_user(self, pooled: PooledSite) -> None:
        with as_the_pooler_s_user():
            assert user_at(pooled.pooler) == "pgbouncer"

    def test_another_one_is_who_he_is(self, pooled: PooledSite) -> None:
        account = server_account()
        assert user_at(pooled.pooler) == ("pgbouncer" if account is None else "root")

    def test_a_variable_names_somebody(
        self, pooled: PooledSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGUSER", "eve")
        with pytest.raises(AhuSqlError):
            user_at(pooled.pooler)

    def test_the_host_may_come_from_a_variable(
        self, pooled: PooledSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGHOST", str(pooled.pooler.folder))
        with (
            as_the_pooler_s_user(),
            connect_console(f"port={pooled.pooler.port}") as console,
        ):
            assert console.info.user == "pgbouncer"

    def test_by_tcp_nobody_is_assumed(self, pooled: PooledSite) -> None:
        with (
            pytest.raises(AhuSqlError),
            connect_console(f"host=127.0.0.1 port={pooled.pooler.port}"),
        ):
            pass
        assert "/pgbouncer@127.0.0.1" not in pooled.pooler.log.read_text()


class TestWhoIsNotLetIn:
    HINT = (
        "Run it as the system user that runs pgbouncer (sudo -u postgres ahu-sql ...), or add "
        "yourself to pgbouncer.stats_users and render again."
    )

    def test_check_says_how_to_get_in(self, closed: PoolerProcess) -> None:
        for user in ("", " user=pgbouncer", " user=root"):
            where = f"host={closed.folder} port={closed.port}{user}"
            assert_refused(
                ahu_sql("pgbouncer", "check", "--dsn", where),
                exit_code=2,
                message="cannot connect to the server",
                detail="failed: ",
                hint=self.HINT,
            )

    def test_status_says_so_too(self, closed: PoolerProcess, pooled_server: LocalServer) -> None:
        plant = Database(pooled_server, DATABASE)
        where = f"host={closed.folder} port={closed.port}"
        done = ahu_sql("status", "--dsn", plant.dsn, "--pgbouncer", where)
        assert done.returncode == 1
        assert done.stderr.startswith("pooler: ") and done.stderr.count("\n") == 1
        assert done.stderr.endswith(f"; run{self.HINT[3:-1]}\n")

    def test_it_is_tried_as_both(self, closed: PoolerProcess) -> None:
        with pytest.raises(NotAdmittedError):
            user_at(closed)
        log = closed.log.read_text()
        assert log.index("/pgbouncer@unix") < log.rindex("/root@unix")

    def test_the_pooler_s_own_system_user_gets_in_all_the_same(self, closed: PoolerProcess) -> None:
        with as_the_pooler_s_user():
            assert user_at(closed) == "pgbouncer"


def test_what_is_not_there_gets_another_hint(tmp_path: Path) -> None:
    with pytest.raises(AhuSqlError) as caught, connect_console(f"host={tmp_path} port=1"):
        pass
    assert not isinstance(caught.value, NotAdmittedError)
    assert "--dsn 'host=" in str(caught.value.hint)
