"""A server of our own: it survives a crash, is reachable from here only, leaves nothing."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ahu_sql.demo import processes
from ahu_sql.demo.account import server_account, temporary_folder
from ahu_sql.demo.server import LocalServer, embedded_binaries
from ahu_sql.errors import AhuSqlError
from databases import Database, fresh_database


def test_what_was_committed_before_a_crash_is_there_after_it(own_server: LocalServer) -> None:
    run(own_server, "create table kept as select generate_series(1, 1000) as n")
    open_writer = psycopg.connect(own_server.dsn())
    open_writer.execute("delete from kept")
    port = own_server.port

    own_server.kill()
    own_server.start_again()

    assert run(own_server, "select count(*) from kept") == (1000,)
    assert own_server.port == port
    assert "database system was not properly shut down" in own_server.log_tail(20)
    with pytest.raises(psycopg.OperationalError):
        open_writer.execute("select 1")


def test_a_kill_leaves_no_child_process(own_server: LocalServer) -> None:
    session = psycopg.connect(own_server.dsn())
    backend = session.info.backend_pid
    assert own_server.pid is not None
    children = processes.descendants(own_server.pid)
    assert backend in children

    own_server.kill()

    assert not processes.alive().intersection(children)


def test_it_listens_on_loopback_only(server: LocalServer) -> None:
    assert run(server, "show listen_addresses") == ("127.0.0.1",)
    assert run(server, "show unix_socket_directories") == ("",)


def test_a_stopped_server_leaves_no_folder(server_binaries: Path) -> None:
    with LocalServer.start(server_binaries) as running:
        folder, pid = running.folder, running.pid
        assert folder.exists()
    assert not folder.exists()
    assert pid not in processes.alive()


def test_a_folder_named_by_the_caller_is_kept_and_used_again(server_binaries: Path) -> None:
    folder = temporary_folder(server_account())
    try:
        with LocalServer.start(server_binaries, folder=folder) as first:
            run(first, "create table kept ()")
        with LocalServer.start(server_binaries, folder=folder) as second:
            run(second, "select from kept")
    finally:
        shutil.rmtree(folder)


def test_a_setting_can_be_given(server_binaries: Path) -> None:
    settings = {"fsync": "on", "application_name": "it's ours"}
    with LocalServer.start(server_binaries, settings=settings) as running:
        assert run(running, "show fsync") == ("on",)
        assert run(running, "show application_name") == ("it's ours",)


def test_a_wrong_setting_is_told_in_the_server_s_own_words(server_binaries: Path) -> None:
    with pytest.raises(AhuSqlError) as caught:
        LocalServer.start(server_binaries, settings={"no_such_setting": "1"})
    assert 'unrecognized configuration parameter "no_such_setting"' in str(caught.value.detail)


def test_a_port_taken_at_the_last_moment_is_no_error(
    server_binaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as somebody:
        somebody.bind((processes.LOOPBACK, 0))
        somebody.listen()
        taken = somebody.getsockname()[1]
        ports = iter([taken, processes.free_port()])
        monkeypatch.setattr(processes, "free_port", lambda: next(ports))
        with LocalServer.start(server_binaries) as running:
            assert running.port != taken


def test_libpq_variables_of_the_user_do_not_reach_the_server(
    server_binaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("PGPORT", "1")
    with LocalServer.start(server_binaries) as running:
        run(running, "select")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another user")
def test_programs_that_the_server_s_user_cannot_read_are_copied() -> None:
    account = server_account()
    assert account is not None
    package = embedded_binaries().parents[1]
    closed = temporary_folder(None)  # mode 700, and root's
    try:
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, closed / part.name)
        binaries = closed / embedded_binaries().relative_to(package.parent)
        assert not account.can_run(binaries / "postgres")
        with LocalServer.start(binaries) as running:
            copied = running.binaries
            run(running, "select")
        assert not copied.exists()
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(closed)


def test_a_fresh_database_takes_the_roles_of_its_test_along(own_server: LocalServer) -> None:
    with fresh_database(own_server) as first:
        first.execute(
            "create role ahu_read; create role ahu_owner; create table kept (); "
            "grant select on kept to ahu_read; alter table kept owner to ahu_owner; "
            f"grant create on database {first.name} to ahu_read; "
            "alter role ahu_read set work_mem = '1MB'"
        )
        first.connect()  # left open: dropping does not wait for it
    with fresh_database(own_server) as second:
        assert second.rows("select from pg_roles where rolname like 'ahu%'") == []
        assert second.rows("select from pg_database where datname = %s", [first.name]) == []


def test_each_test_gets_an_empty_database(database: Database) -> None:
    assert database.rows("select from pg_class where relnamespace = 'public'::regnamespace") == []


def run(server: LocalServer, query: str) -> Any:
    """The first row, if the query has rows."""
    with psycopg.connect(server.dsn()) as connection:
        cursor = connection.execute(query)
        return cursor.fetchone() if cursor.description else None
