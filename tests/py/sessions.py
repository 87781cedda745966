"""Several sessions at once: threads whose errors are not lost, and waits for what must come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from databases import Database

Result = TypeVar("Result")

PATIENCE_SECONDS = 60.0


def wait_until(
    condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_SECONDS
) -> None:
    """Returns as soon as the condition holds; fails when it never does."""
    deadline = time.monotonic() + patience_s
    pause_s = 0.005
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(pause_s)
        pause_s = min(1.2 * pause_s, 0.05)  # a look is often a session of its own


def is_waiting_for_a_lock(database: Database, pid: int) -> bool:
    """Whether this backend waits for somebody else's lock."""
    return bool(database.rows("select where cardinality(pg_blocking_pids(%s)) > 0", [pid]))


def waiting_sessions(database: Database, application: str) -> int:
    """How many sessions whose application_name begins like this wait for a lock."""
    return int(
        database.scalar(
            "select count(*) from pg_stat_activity where datname = %s "
            "and application_name like %s || '%%' and cardinality(pg_blocking_pids(pid)) > 0",
            [database.name, application],
        )
    )


def wait_until_blocked(database: Database, pid: int) -> None:
    """Returns when this backend waits for somebody else's lock."""
    wait_until(lambda: is_waiting_for_a_lock(database, pid), f"session {pid} waits for a lock")


@contextmanager
def background(work: Callable[[], Result]) -> Iterator[Future[Result]]:
    """Runs `work` in a thread beside the block; its error is the test's, before the block's own."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            yield future
        finally:
            if future.done():
                future.result()
        future.result(PATIENCE_SECONDS)


@contextmanager
def repeated(work: Callable[[], Any]) -> Iterator[list[Any]]:
    """Runs `work` again and again beside the block, until its end; gives the list of results."""
    stop, results = threading.Event(), list[Any]()

    def loop() -> None:
        while not stop.is_set():
            results.append(work())

    with background(loop) as future:
        try:
            yield results
        finally:
            stop.set()
        assert future.result(PATIENCE_SECONDS) is None
