"""The pooler is killed, the server restarted, under load: readers recover by themselves within
seconds, and nothing that was written and acknowledged is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg
import pytest
from psycopg import sql

from plant import RAW_TABLE
from pooler.site import DATABASE, PooledSite, install_site, start_server
from refreshing import assert_fresh, call, refresh
from servers.pooler import start_pooler
from sessions import PATIENCE_SECONDS, background, wait_until

READERS = 20
QUESTION = "select count(*) from ahu.mv_daily_ahu_costs where ahu_id = 'AHU01'"
SETTLED = 8  # answers of each reader that must come after the fault


@pytest.fixture(scope="module", params=["1.18", "1.24"])
def fragile(request: pytest.FixtureRequest) -> Iterator[PooledSite]:
    """A site whose server and pooler a test may kill and start again."""
    with ExitStack() as stack:
        server = stack.enter_context(start_server(synchronous_commit="on"))
        install_site(server, days=5)
        pooler = stack.enter_context(start_pooler(server, request.param, DATABASE))
        yield PooledSite(server, pooler)


@dataclass
class Load:
    """Readers and an ETL that go on whatever happens, each with a new connection after an error."""

    site: PooledSite
    stop: threading.Event = field(default_factory=threading.Event)
    answers: list[int] = field(default_factory=lambda: [0] * READERS)
    acknowledged: set[int] = field(default_factory=set)
    errors: int = 0

    def read(self, number: int) -> None:
        """One reader of a dashboard."""
        self._forever("ahu_read", lambda session: self._ask(session, number))

    def write(self) -> None:
        """The ETL: each batch carries a number, and may be loaded again."""
        numbers = iter(range(10**9))
        self._forever("ahu_write", lambda session: self._load(session, next(numbers)))

    def _ask(self, session: psycopg.Connection[tuple[object, ...]], number: int) -> None:
        assert session.execute(QUESTION).fetchone() == (5,)
        self.answers[number] += 1
        self.stop.wait(0.01)

    def _load(self, session: psycopg.Connection[tuple[object, ...]], number: int) -> None:
        with session.transaction():
            session.execute(
                f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                "values ('2024-01-03 10:00+09', 'ACK', %s)",
                [number],
            )
        self.acknowledged.add(number)
        if number % 5 == 0:
            call(session)
        self.stop.wait(0.01)

    def _forever(
        self, alias: str, work: Callable[[psycopg.Connection[tuple[object, ...]]], None]
    ) -> None:
        while not self.stop.is_set():
            try:
                with self.site.pooler.connect(
                    alias, connect_timeout=5, prepare_threshold=None
                ) as session:
                    while not self.stop.is_set():
                        work(session)
            except psycopg.Error:
                self.errors += 1
                self.stop.wait(0.05)

    def settled(self) -> None:
        """Returns when every reader has got some more answers."""
        reached = [count + SETTLED for count in self.answers]
        wait_until(
            lambda: all(now >= then for now, then in zip(self.answers, reached, strict=True)),
            f"every reader is served again: {self.answers} of {reached}",
            PATIENCE_SECONDS,
        )


def kill_the_pooler(site: PooledSite) -> None:
    """SIGKILL, and a supervisor that starts it a little later."""
    site.pooler.kill()
    time.sleep(0.3)
    site.pooler.start()


def restart_the_server(site: PooledSite) -> None:
    """In order, with clients in mid-query."""
    site.server.restart()


def kill_the_server(site: PooledSite) -> None:
    """A crash, and recovery."""
    site.server.kill()
    site.server.start_again()


def reload_the_pooler(site: PooledSite) -> None:
    """With a file that is not right: the old configuration stays."""
    site.pooler.edit("max_client_conn = 200", "max_client_conn = many")
    site.pooler.reload()
    time.sleep(0.3)
    site.pooler.edit("max_client_conn = many", "max_client_conn = 200")
    site.pooler.reload()


FAULTS = (kill_the_pooler, restart_the_server, kill_the_server, reload_the_pooler)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_readers_recover_and_nothing_acknowledged_is_lost(
    fragile: PooledSite, fault: Callable[[PooledSite], None]
) -> None:
    load = Load(fragile)
    with ExitStack() as stack:
        for number in range(READERS):
            stack.enter_context(background(lambda number=number: load.read(number)))
        stack.enter_context(background(load.write))
        stack.callback(load.stop.set)
        load.settled()
        # who came in too slowly on a busy machine is no matter of the fault's
        before, errors = len(load.acknowledged), load.errors
        began = time.monotonic()
        fault(fragile)
        load.settled()
        gap = time.monotonic() - began
        wait_until(lambda: len(load.acknowledged) > before + 10, "the ETL goes on too")
    stored = fragile.database.rows(
        sql.SQL("select sf_cost_krw::int from {} where ahu_id = 'ACK'")
        .format(sql.Identifier(*RAW_TABLE.split(".")))
        .as_string(None)
    )
    assert load.acknowledged <= {number for (number,) in stored}
    if fault is reload_the_pooler:
        assert load.errors == errors
    refresh(fragile.database)
    assert_fresh(fragile.database, "Asia/Seoul")
    fragile.database.execute(f"delete from {RAW_TABLE} where ahu_id = 'ACK'")
    refresh(fragile.database)
    print(f"{fragile.version} {fault.__name__}: served again within {gap:.1f} s")


def test_a_pause_around_the_restart_costs_no_error(fragile: PooledSite) -> None:
    load = Load(fragile)
    with ExitStack() as stack:
        for number in range(READERS):
            stack.enter_context(background(lambda number=number: load.read(number)))
        stack.callback(load.stop.set)
        load.settled()
        errors = load.errors
        fragile.pooler.command(fragile.server.binaries, "pause")
        fragile.server.restart()
        fragile.pooler.command(fragile.server.binaries, "resume")
        load.settled()
    assert load.errors == errors
