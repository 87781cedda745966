"""One CALL: in autocommit and inside BEGIN, alone and beside others, undone as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

import oracle
from databases import Copies, Database
from plant import RAW_TABLE, plant_readings, raw_table
from refreshing import (
    Answer,
    assert_fresh,
    call,
    error_of,
    install,
    pending_entries,
    quarantined_keys,
    refresh,
)
from sessions import background, wait_until_blocked

ZONE = "Asia/Seoul"
CALL = "call ahu.refresh_dashboard_views()"


@pytest.fixture
def site(copies: Copies) -> Iterator[Database]:
    """Six keys folded, and one of them changed since."""
    with copies.of(build) as database:
        yield database


def build(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=2, days=3)
    install(database, ZONE)
    database.execute(
        f"update {RAW_TABLE} set sf_cost_krw = 5 where ahu_id = 'AHU01' "
        "and timestamp < '2024-01-02 00:00+09'"
    )


def views(database: Database) -> oracle.Views:
    with database.connect() as connection:
        return oracle.stored_views(connection)


def advisory_locks(database: Database) -> int:
    return int(
        database.scalar(
            "select count(*) from pg_locks where locktype = 'advisory' and database = "
            "(select oid from pg_database where datname = current_database())"
        )
    )


@pytest.mark.parametrize("way", ["simple", "extended", "prepared"])
def test_a_call_in_autocommit_folds_what_is_pending(site: Database, way: str) -> None:
    ways: dict[str, dict[str, Any]] = {
        "simple": {},
        "extended": {"binary": True},
        "prepared": {"prepare": True},
    }
    with site.connect() as session:
        row = session.execute(CALL, **ways[way]).fetchone()
        assert row is not None
        assert Answer(*row) == Answer("refreshed", 1, 1, 240, 0, 0)
        # while the session lives on, as behind a pooler
        assert advisory_locks(site) == 0
        assert_fresh(site, ZONE)
        row = session.execute(CALL, **ways[way]).fetchone()
        assert row is not None
        assert Answer(*row) == Answer("nothing pending", 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "script",
    [
        f"begin; {CALL}; commit",
        f"{CALL}; select 1",
        f"select 1; {CALL}",
    ],
)
def test_a_call_works_in_a_string_of_several_statements(site: Database, script: str) -> None:
    site.execute(script)
    assert_fresh(site, ZONE)


def test_a_call_in_a_transaction_sees_the_transaction_s_own_readings(site: Database) -> None:
    with site.connect(autocommit=False) as session:
        session.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02'")
        assert call(session).days == 3
        oracle.assert_views_equal_raw(session, ZONE)
        assert call(session).outcome == "nothing pending"
        session.commit()
    assert_fresh(site, ZONE)


@pytest.mark.parametrize("undo", ["rollback", "rollback to savepoint before"])
def test_a_rollback_undoes_all_of_a_call(site: Database, undo: str) -> None:
    before, pending = views(site), pending_entries(site)
    runs = site.scalar("select count(*) from ahu.refresh_runs")
    assert pending > 0
    with site.connect(autocommit=False) as session:
        session.execute("savepoint before")
        call(session)
        assert oracle.stored_views(session) != before
        session.execute(undo)
        assert oracle.stored_views(session) == before
        session.commit()
    assert views(site) == before
    assert pending_entries(site) == pending
    assert site.scalar("select count(*) from ahu.refresh_runs") == runs
    assert advisory_locks(site) == 0
    assert refresh(site).days == 1
    assert_fresh(site, ZONE)


@pytest.fixture
def running(site: Database) -> Iterator[psycopg.Connection[Any]]:
    """A session whose refresh is done and not yet committed."""
    with site.connect(autocommit=False) as session:
        call(session)
        yield session


def test_a_second_caller_waits_and_then_has_its_own_readings(
    site: Database, running: psycopg.Connection[Any]
) -> None:
    with site.connect() as second:
        second.execute("set lock_timeout = '50ms'")  # not how long it waits for a refresh
        second.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02'")
        with background(lambda: call(second)) as waiting:
            wait_until_blocked(site, second.info.backend_pid)
            running.commit()
            answer = waiting.result(60)
        assert (answer.outcome, answer.keys, answer.quarantined) == ("refreshed", 3, 0)
        assert second.execute("show lock_timeout").fetchone() == ("50ms",)
    assert_fresh(site, ZONE)


def test_wait_for_0_skips_at_once_and_says_so(
    site: Database, running: psycopg.Connection[Any]
) -> None:
    site.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02'")
    before, notices = views(site), list[str]()
    with site.connect() as second:
        second.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        assert call(second, "wait_for => '0'") == Answer("skipped", 0, 0, 0, 0, 3)
        assert views(site) == before
    assert notices == ["skipped: another refresh is running"]
    running.commit()
    assert refresh(site, "wait_for => '0'").days == 3
    assert_fresh(site, ZONE)


def test_a_wait_that_is_too_long_ends_with_55p03_and_a_way_out(
    site: Database, running: psycopg.Connection[Any]
) -> None:
    with site.connect() as second:
        second.execute("set lock_timeout = '77ms'; set statement_timeout = '1min'")
        with pytest.raises(psycopg.errors.LockNotAvailable) as caught:
            call(second, "wait_for => '300 milliseconds'")
        said = caught.value.diag
        assert said.sqlstate == "55P03"
        assert said.message_primary == "another refresh is still running after 00:00:00.3"
        assert f"process {running.info.backend_pid}" in (said.message_detail or "")
        assert "call ahu.refresh_dashboard_views(wait_for =>" in (said.message_hint or "")
        assert second.execute("show lock_timeout").fetchone() == ("77ms",)
        running.rollback()
        assert advisory_locks(site) == 0
        assert call(second, "wait_for => '300 milliseconds'").days == 1
    assert_fresh(site, ZONE)


def test_who_holds_the_lock_is_told_and_nobody_else(
    site: Database, running: psycopg.Connection[Any]
) -> None:
    number = site.scalar("select _ahu.refresh_lock()")
    with (
        site.connect() as waiter,
        site.connect() as other,
        psycopg.connect(site.server.dsn(), autocommit=True) as elsewhere,
        site.connect() as second,
    ):
        # the same number in another database, another number, and the same as two of four bytes
        elsewhere.execute("select pg_advisory_lock(%s)", [number])
        other.execute("select pg_advisory_lock(%s)", [number + 1])
        halves = "(%(n)s::bigint >> 32)::integer, (%(n)s::bigint << 32 >> 32)::integer"
        other.execute(f"select pg_advisory_lock({halves})", {"n": number})
        with background(lambda: call(waiter)):
            wait_until_blocked(site, waiter.info.backend_pid)
            with pytest.raises(psycopg.errors.LockNotAvailable) as caught:
                call(second, "wait_for => '10 milliseconds'")
            running.commit()
    assert caught.value.diag.message_detail == (
        f"The lock is held by process {running.info.backend_pid}. Nothing was done here."
    )


def test_a_failed_call_in_a_transaction_leaves_the_caller_s_settings_alone(
    site: Database, running: psycopg.Connection[Any]
) -> None:
    with site.connect(autocommit=False) as second:
        second.execute("set local lock_timeout = '77ms'")
        with (
            pytest.raises(psycopg.errors.LockNotAvailable),
            second.transaction(),
        ):
            call(second, "wait_for => '10 milliseconds'")
        assert second.execute("show lock_timeout").fetchone() == ("77ms",)
        assert call(second, "wait_for => '0'").outcome == "skipped"
        second.commit()


def test_a_cancelled_call_leaves_nothing_behind(site: Database) -> None:
    before, pending = views(site), pending_entries(site)
    with site.connect(autocommit=False) as blocker, site.connect() as session:
        blocker.execute("lock table _ahu.monthly_rollup in share mode")
        with background(lambda: error_of(session)) as cancelled:
            wait_until_blocked(site, session.info.backend_pid)
            assert site.scalar("select pg_cancel_backend(%s)", [session.info.backend_pid])
        assert isinstance(cancelled.result(), psycopg.errors.QueryCanceled)
        blocker.rollback()
        assert views(site) == before
        assert pending_entries(site) == pending
        # the session lives on, as it does behind a pooler
        assert advisory_locks(site) == 0
        assert refresh(site, "wait_for => '0'").days == 1
    assert_fresh(site, ZONE)


def test_the_log_s_every_entry_belongs_to_a_committed_statement(site: Database) -> None:
    pending = pending_entries(site)
    with site.connect(autocommit=False) as writer:
        writer.execute(f"delete from {RAW_TABLE}")
        assert pending_entries(site) == pending
        assert refresh(site).days == 1
        writer.rollback()
    assert pending_entries(site) == 0
    assert_fresh(site, ZONE)


@pytest.mark.parametrize("wrong", ["wait_for => null", "wait_for => '-1 second'", "max_days => 0"])
def test_wrong_arguments_are_refused_and_nothing_is_done(site: Database, wrong: str) -> None:
    before = pending_entries(site)
    with site.connect() as session:
        with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
            call(session, wrong)
        assert caught.value.diag.message_hint
        assert caught.value.diag.message_detail
        assert quarantined_keys(session) == 0
    assert pending_entries(site) == before
