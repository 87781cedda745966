"""`ahu-sql` as a process that runs beside a test, which can follow what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import IO

from databases import Database
from sessions import PATIENCE_SECONDS, wait_until

RETRYING = "trying again"


@dataclass
class Running:
    """One process. said: the lines of its stderr until now."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def count(self, text: str) -> int:
        """How many lines until now hold the text."""
        return sum(text in line for line in self.said)

    def wait_for(self, text: str, times: int = 1) -> None:
        """Returns when it has said so many lines with the text, or fails."""
        wait_until(
            lambda: self.count(text) >= times or self.process.poll() is not None,
            f'"{text}" in {self.said}',
        )
        assert self.count(text) >= times, self.text

    def finish(self) -> int:
        """Its exit code."""
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def text(self) -> str:
        """All that it said until now."""
        return "".join(self.said)


@contextmanager
def started(database: Database, verb: str, *options: str) -> Iterator[Running]:
    """`ahu-sql VERB --dsn ...`; it is over, one way or the other, at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ahu_sql", verb, "--dsn", database.dsn, *options],
        env=os.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    running = Running(process)
    assert process.stderr is not None
    reader = Thread(target=_follow, args=(process.stderr, running.said), daemon=True)
    reader.start()
    try:
        yield running
        process.wait(PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stderr.close()


def _follow(stream: IO[str], said: list[str]) -> None:
    for line in stream:
        said.append(line)
