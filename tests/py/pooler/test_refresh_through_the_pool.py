"""A refresh that ends badly behind the pool leaves nothing behind: the next CALL goes through."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from plant import RAW_TABLE
from pooler.site import PooledSite
from refreshing import call
from sessions import background, wait_until

Ending = Callable[[PooledSite, "psycopg.Connection[tuple[object, ...]]"], None]


def add_reading(site: PooledSite) -> None:
    """Something to fold."""
    site.database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
        "values ('2024-01-15 12:00+09', 'AHU01', 1)"
    )


def refresh_locks(site: PooledSite) -> int:
    """Who holds or waits for the refresh's lock, or any other advisory lock."""
    return int(site.database.scalar("select count(*) from pg_locks where locktype = 'advisory'"))


def has_an_error(site: PooledSite, etl: psycopg.Connection[tuple[object, ...]]) -> None:
    """The refresh itself is refused, in the transaction that took the lock."""
    with pytest.raises(psycopg.errors.DivisionByZero), etl.transaction():
        call(etl)
        etl.execute("select 1 / 0")


def is_refused(site: PooledSite, etl: psycopg.Connection[tuple[object, ...]]) -> None:
    """Bad arguments."""
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        call(etl, "max_days => 0")


def fails_in_mid_work(site: PooledSite, etl: psycopg.Connection[tuple[object, ...]]) -> None:
    """A rollup that cannot be written."""
    with site.database.connect() as dba:
        dba.execute(
            "alter table _ahu.daily_rollup add constraint never check (day is null) not valid"
        )
        try:
            with pytest.raises(psycopg.errors.CheckViolation):
                call(etl)
        finally:
            dba.execute("alter table _ahu.daily_rollup drop constraint never")


def times_out(site: PooledSite, etl: psycopg.Connection[tuple[object, ...]]) -> None:
    """Its statement_timeout is over while it waits for a lock within its work."""
    with site.database.connect(autocommit=False) as holder:
        holder.execute("lock table _ahu.daily_rollup in access exclusive mode")
        with pytest.raises(psycopg.errors.QueryCanceled), etl.transaction():
            etl.execute("set local statement_timeout = '300ms'")
            call(etl)


def is_cancelled(site: PooledSite, etl: psycopg.Connection[tuple[object, ...]]) -> None:
    """By its client, through the pooler."""
    with site.database.connect(autocommit=False) as holder:
        holder.execute("lock table _ahu.daily_rollup in access exclusive mode")
        timer = threading.Timer(0.3, etl.cancel)
        timer.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            call(etl)
        timer.join()


def loses_its_client(site: PooledSite, etl: psycopg.Connection[tuple[object, ...]]) -> None:
    """The ETL's machine is gone in mid-refresh."""
    working = (
        "select count(*) from pg_stat_activity where usename = 'ahu_write' and state = 'active'"
    )
    with site.database.connect(autocommit=False) as holder:
        holder.execute("lock table _ahu.daily_rollup in access exclusive mode")

        def lost() -> None:
            with pytest.raises(psycopg.OperationalError):
                call(etl)

        with background(lost):
            wait_until(lambda: site.database.scalar(working) == 1, "the refresh waits")
            _hang_up(etl)
        # its backend notices, although it waits for a lock
        wait_until(lambda: site.database.scalar(working) == 0, "the refresh is over")


def loses_its_backend(site: PooledSite, etl: psycopg.Connection[tuple[object, ...]]) -> None:
    """A DBA terminates it."""
    with site.database.connect(autocommit=False) as holder, site.database.connect() as dba:
        holder.execute("lock table _ahu.daily_rollup in access exclusive mode")

        def terminated() -> None:
            with pytest.raises(psycopg.OperationalError):
                call(etl)

        with background(terminated):
            wait_until(
                lambda: (
                    dba.execute(
                        "with refreshing as materialized (select pid from pg_stat_activity "
                        "where usename = 'ahu_write' and wait_event_type = 'Lock') "
                        "select pg_terminate_backend(pid) from refreshing"
                    ).rowcount
                    == 1
                ),
                "the refresh waits",
            )


def is_left_open(site: PooledSite, etl: psycopg.Connection[tuple[object, ...]]) -> None:
    """The client goes with its transaction open."""
    etl.execute("begin")
    call(etl)
    _hang_up(etl)


def _hang_up(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


ENDINGS = (
    has_an_error,
    is_refused,
    fails_in_mid_work,
    times_out,
    is_cancelled,
    loses_its_client,
    loses_its_backend,
    is_left_open,
)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)
def test_after_a_refresh_that(pooled: PooledSite, ending: Ending) -> None:
    add_reading(pooled)
    # closed, not committed: some of them have no connection any more
    with closing(pooled.pooler.connect("ahu_write")) as etl:
        ending(pooled, etl)
        wait_until(lambda: refresh_locks(pooled) == 0, "no lock is left")
    with pooled.pooler.connect("ahu_write") as next_one:
        answer = call(next_one, "wait_for => '0'")
    assert (answer.outcome, answer.days, answer.days_pending) == ("refreshed", 1, 0)


def test_a_second_caller_waits_for_the_first_through_the_pool(pooled: PooledSite) -> None:
    add_reading(pooled)
    with pooled.pooler.connect("ahu_write") as one, pooled.pooler.connect("ahu_write") as two:
        one.execute("begin")
        assert call(one).outcome == "refreshed"
        assert call(two, "wait_for => '0'").outcome == "skipped"
        with background(lambda: call(two)) as second:
            one.execute("commit")
        assert second.result().outcome == "nothing pending"
