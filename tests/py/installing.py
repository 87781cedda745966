"""`ahu-sql` as a process that runs beside a test, which can follow what it says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import IO

from databases import Database
from product import Process, start
from sessions import PATIENCE_SECONDS, wait_until

RETRYING = "trying again"


@dataclass
class Running:
    """One process. said: the lines of its stderr until now."""

    process: Process
    reader: Thread
    said: list[str]

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
        """Its exit code, once all that it said is there."""
        code = self.process.wait(PATIENCE_SECONDS)
        self.reader.join(PATIENCE_SECONDS)
        return code

    @property
    def text(self) -> str:
        """All that it said until now."""
        return "".join(self.said)


@contextmanager
def started(database: Database, verb: str, *options: str) -> Iterator[Running]:
    """`ahu-sql VERB --dsn ...`; it is over, one way or the other, at the end of the block."""
    heard, said = os.pipe()
    with os.fdopen(heard, encoding="utf-8") as stderr:
        try:
            process = start([verb, "--dsn", database.dsn, *options], said)
        finally:
            os.close(said)  # so that the end of its own is the end
        lines: list[str] = []
        reader = Thread(target=_follow, args=(stderr, lines), daemon=True)
        reader.start()
        try:
            yield Running(process, reader, lines)
            process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()
            process.wait()
            reader.join()


def _follow(stream: IO[str], said: list[str]) -> None:
    for line in stream:
        said.append(line)
