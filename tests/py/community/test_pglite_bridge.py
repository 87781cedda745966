"""PGlite behind our bridge answers as a server does, one client at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from databases import Copies, Database, fresh_database
from servers.pglite import PgliteServer, PgliteServers


@pytest.fixture(scope="module")
def pglites() -> Iterator[PgliteServers]:
    with PgliteServers() as running:
        yield running


@pytest.fixture
def fresh(pglites: PgliteServers) -> Iterator[Database]:
    with fresh_database(pglites) as database:
        yield database


def test_a_copy_of_many_rows_and_a_large_statement(fresh: Database) -> None:
    fresh.execute("create table kept (n int, words text)")
    with fresh.connect() as connection:
        with connection.cursor().copy("copy kept from stdin") as copy:
            for n in range(50_000):
                copy.write_row((n, f"a\tb {n}"))
        assert connection.execute("select count(*), max(words) from kept").fetchone() == (
            50_000,
            "a\tb 9999",
        )
        with connection.cursor().copy("copy kept to stdout") as copy:
            assert sum(1 for _ in copy.rows()) == 50_000
    assert fresh.scalar(f"select length('{'x' * 20_000_000}')") == 20_000_000
    assert fresh.scalar("select length(%s)", ["y" * 20_000_000]) == 20_000_000


def test_a_copy_that_fails_or_is_given_up_leaves_the_session_usable(fresh: Database) -> None:
    with fresh.connect() as connection:
        connection.execute("create table kept (n int)")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):  # noqa: SIM117
            with connection.cursor().copy("copy kept from stdin") as copy:
                copy.write("one\n")
        with pytest.raises(ZeroDivisionError):  # noqa: SIM117
            with connection.cursor().copy("copy kept from stdin") as copy:
                copy.write("1\n")
                raise ZeroDivisionError
        with pytest.raises(psycopg.errors.UndefinedTable):  # noqa: SIM117
            with connection.cursor().copy("copy other from stdin") as copy:
                copy.write("1\n")
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_an_error_in_a_transaction_and_after_it(fresh: Database) -> None:
    with fresh.connect(autocommit=False) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("select 1 / %s", [0])
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("select 1")
        connection.rollback()
        with connection.transaction():
            assert connection.execute("select %s::int", [2]).fetchone() == (2,)
        with connection.pipeline():
            cursors = [connection.execute("select %s::int", [n]) for n in range(3)]
        assert [cursor.fetchone() for cursor in cursors] == [(0,), (1,), (2,)]


def test_the_user_of_a_session_changes_and_comes_back(fresh: Database) -> None:
    fresh.execute("create role reader login; create role other login")
    who = "select session_user::text"
    for login in ("postgres", "reader"):
        with fresh.connect(user=login, autocommit=False) as connection:
            if login == "postgres":
                connection.execute("set local session authorization other")
                assert connection.execute(who).fetchone() == ("other",)
            connection.execute("reset session authorization")
            assert connection.execute(who).fetchone() == (login,)
            connection.rollback()
            assert connection.execute(who).fetchone() == (login,)
    with fresh.connect(autocommit=False) as connection:
        connection.execute("set local session authorization other")
        connection.rollback()
        assert connection.execute(who).fetchone() == ("postgres",)


def test_notices_and_diagnostics_reach_the_client(fresh: Database) -> None:
    heard: list[str | None] = []
    with fresh.connect() as connection:
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        connection.execute("do $$ begin raise notice 'hear me'; end $$")
        assert heard == ["hear me"]
        with pytest.raises(psycopg.errors.RaiseException) as raised:
            connection.execute(
                "do $$ begin raise 'no' using detail = 'why', hint = 'do this'; end $$"
            )
        said = raised.value.diag
        assert (said.message_detail, said.message_hint) == ("why", "do this")


def test_a_client_gets_what_it_asks_for_at_the_start(fresh: Database) -> None:
    fresh.execute("create role reader login; alter role reader set work_mem = '7MB'")
    fresh.execute("alter role reader set search_path = 'a b', public")
    with fresh.connect(
        user="reader",
        options=r"-c TimeZone=America/Chicago -c my.words=two\ words",
        application_name="its test",
    ) as connection:
        assert connection.execute(
            "select session_user::text, current_user::text, current_setting('work_mem'),"
            " current_setting('search_path'), current_setting('timezone'),"
            " current_setting('my.words'), current_setting('application_name')"
        ).fetchone() == (
            "reader",
            "reader",
            "7MB",
            '"a b", public',
            "America/Chicago",
            "two words",
            "its test",
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create role other")


@pytest.mark.parametrize(
    ("user", "name", "said"),
    [
        ("nobody", "postgres", 'role "nobody" does not exist'),
        ("idle", "postgres", 'role "idle" is not permitted to log in'),
        ("postgres", "other", 'database "other" does not exist'),
    ],
)
def test_a_login_that_a_server_refuses_is_refused(
    fresh: Database, user: str, name: str, said: str
) -> None:
    fresh.execute("create role idle")
    with pytest.raises(psycopg.OperationalError, match=said):
        psycopg.connect(fresh.server.dsn(name, user))
    assert fresh.scalar("select 1") == 1


def test_nothing_of_a_session_is_left_to_the_next_one(fresh: Database) -> None:
    fresh.execute("create role reader login; create table kept (n int)")
    connection = fresh.connect(autocommit=False)
    connection.execute("create temp table mine (n int); set work_mem = '9MB'; set role reader")
    connection.execute("select pg_advisory_lock(1)")
    connection.execute("commit; begin; reset role; insert into kept values (1)")
    connection.close()
    assert fresh.rows(
        "select current_user::text, current_setting('work_mem'), to_regclass('pg_temp.mine'),"
        " current_setting('timezone'), (select count(*) from kept),"
        " (select count(*) from pg_locks where locktype = 'advisory')"
    ) == [("postgres", "4MB", None, "UTC", 0, 0)]


def test_a_second_session_waits_for_the_end_of_the_first(fresh: Database) -> None:
    first = fresh.connect(autocommit=False)
    first.execute("create table kept as select 1 as n")
    with ThreadPoolExecutor() as pool:
        second = pool.submit(fresh.scalar, "select n from kept")
        with pytest.raises(TimeoutError):
            second.result(timeout=0.5)
        first.commit()
        first.close()
        assert second.result() == 1


def test_a_second_session_is_refused_where_the_first_does_nothing() -> None:
    with PgliteServer(patience_s=0.5) as server, psycopg.connect(server.dsn()) as first:
        with pytest.raises(psycopg.OperationalError, match="another session is open"):
            psycopg.connect(server.dsn())
        assert first.execute("select 1").fetchone() == (1,)
        first.close()
        with psycopg.connect(server.dsn()) as third:
            assert third.execute("select 2").fetchone() == (2,)


def test_a_cancel_request_is_answered_and_does_nothing(fresh: Database) -> None:
    with fresh.connect() as connection:
        connection.cancel()
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_fresh_database_knows_nothing_of_the_one_before(pglites: PgliteServers) -> None:
    with fresh_database(pglites) as first:
        first.execute("create role reader login; create table kept as select 1 as n")
        left_open = first.connect()
        pid = first.server.pid
    with fresh_database(pglites) as second:
        assert second.server.pid == pid
        assert second.scalar("select to_regclass('kept') is null")
        assert second.scalar("select to_regrole('reader') is null")
        with pytest.raises(psycopg.OperationalError):
            left_open.execute("select 1")
        with fresh_database(pglites) as other:
            other.execute("create table kept as select 2 as n")
            assert other.server.pid != pid
            assert second.scalar("select to_regclass('kept') is null")


def test_a_copy_has_all_of_the_one_that_was_kept_and_nothing_of_the_others(
    pglites: PgliteServers,
) -> None:
    def build(database: Database, number: int) -> None:
        database.execute(
            f"create role reader_{number}; create table kept as select {number} as n; "
            f"alter role reader_{number} set work_mem = '5MB'"
        )

    copies = Copies(pglites)
    for _ in range(2):
        for number in (1, 2):
            with copies.of(build, number) as copy:
                assert copy.rows("select n from kept") == [(number,)]
                assert copy.rows(
                    "select rolname::text, rolconfig from pg_roles where rolname like 'reader%'"
                ) == [(f"reader_{number}", ["work_mem=5MB"])]
                copy.execute("drop table kept")
    copies.drop()
    with fresh_database(pglites) as fresh:
        assert fresh.scalar("select to_regclass('kept') is null")


def test_its_process_ends_with_it() -> None:
    with PgliteServer() as server:
        pid = server.pid
        assert pid is not None
        left_open = psycopg.connect(server.dsn())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    left_open.close()
