"""The backfill, as an install does it in batches, beside the bare statements over all of history.

Both begin with empty rollups in each round. Memory is what the backend has of its own while it
works, looked at again and again: what it shares with others (the buffers) is not counted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ahu_sql.console import say
from bench.answers import assert_same_answers
from bench.clock import Session, timed
from bench.contenders import BARE, OURS, Bare, Ours
from bench.results import Key, Results
from bench.servers_measured import MEASURED
from bench.sites import Readings, build
from bench.sizes import Size
from bench.sql import create_rollups, upsert_days, upsert_months
from databases import fresh_database
from servers.running import RunningServer

SCENARIO = "backfill"
WHOLE = "all of history"
MEMORY = "memory"

BATCH_DAYS = 31
"""The default of `ahu-sql install`."""
EMPTY = """
    truncate _ahu.daily_rollup, _ahu.monthly_rollup;
    update _ahu.source set backfill_marked_at = null
"""
LOOKS_EVERY_S = 0.005


def measure(server: str, running: RunningServer, size: Size, results: Results) -> None:
    """One history after the other; the shortest is shorter than a batch, and left out."""
    if MEASURED[server].one_session:
        return
    for days in size.histories[1:]:
        _measure(server, running, Readings(size.ahus, days), size, results)


def _measure(
    server: str, running: RunningServer, readings: Readings, size: Size, results: Results
) -> None:
    say(f"{server}: backfills of {readings.count:,} readings")

    def add(contender: str, ms: float, peak: list[float]) -> None:
        def key(case: str, unit: str) -> Key:
            return Key(server, SCENARIO, case, readings.count, contender, unit)

        results.add(key(WHOLE, "ms"), ms)
        results.add(key(MEMORY, "MB"), max(peak, default=0))

    with fresh_database(running) as database:
        build(database, readings)
        for number in range(size.slow_rounds):
            # a session each and each round: a backend keeps memory that it had once
            with timed(database) as session:
                if number == 0:
                    session.execute(create_rollups())
                session.execute("truncate bench.daily, bench.monthly")
                with watched_memory(session) as peak:
                    ms = session.ms(f"{upsert_days('true')}; {upsert_months('true')}")
                add(BARE, ms, peak)
            with timed(database) as session:
                session.execute(EMPTY)
                with watched_memory(session) as peak:
                    ms = sum(_batches(session))
                add(OURS, ms, peak)
        with timed(database) as session:
            agreed = assert_same_answers((Ours(session), Bare(session)))
            results.agreed[f"{server} {SCENARIO} {readings.count}"] = agreed


def _batches(session: Session) -> Iterator[float]:
    """What the installer calls, until nothing is left."""
    yield session.ms("call _ahu.mark_backfill()")
    while session.scalar("select count(*) from _ahu.pending_changes"):
        yield session.ms(f"call ahu.refresh_dashboard_views(max_days => {BATCH_DAYS})")


@contextmanager
def watched_memory(session: Session) -> Iterator[list[float]]:
    """The backend's own memory while the block runs, in MB, look by look."""
    status = Path(f"/proc/{session.backend}/status")
    looks: list[float] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(LOOKS_EVERY_S):
            looks.append(_own_mb(status.read_text()))

    if not status.exists():  # no Linux, or a server elsewhere
        yield looks
        return
    watch = threading.Thread(target=look)
    watch.start()
    try:
        yield looks
    finally:
        is_over.set()
        watch.join()


def _own_mb(status: str) -> float:
    (line,) = [line for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) / 1024
